/** Version the server gives itself: the ZooKeeper whose behaviour it has. */
const VERSION = '3.9.3-mpim';

/** Revision and date in the form that clients' patterns expect, and ZooKeeper prints. */
export const VERSION_LINE = `${VERSION}, built on 11/23/2026 00:00 UTC`;
