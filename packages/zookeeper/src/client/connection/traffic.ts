/** What a session counts over all its connections. */
export class Traffic {
  bytesSent = 0;
  bytesReceived = 0;
  connections = 0;
  sessions = 0;
}
