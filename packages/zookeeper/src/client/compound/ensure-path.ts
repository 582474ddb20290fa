import { parentPath } from '../../protocol/index.ts';
import { ZooKeeperError } from '../errors.ts';
import { untilAnswered } from './until-answered.ts';

/** What {@link ensurePath} needs, by server path: it reaches above the chroot. */
export interface PathMaker {
  create(serverPath: string): Promise<unknown>;
  exists(serverPath: string): Promise<boolean>;
}

/** Creates what is missing of a path, from the top down. Content if somebody else does so at the same time. */
export async function ensurePath(maker: PathMaker, serverPath: string): Promise<void> {
  for (;;) {
    try {
      await untilAnswered(() => maker.create(serverPath));
      return;
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      if (error.code === 'NODE_EXISTS') return;
      // Who may not create here may still find the node there.
      if (error.code === 'NO_AUTH' && (await untilAnswered(() => maker.exists(serverPath)))) return;
      if (error.code !== 'NO_NODE' || serverPath === '/') throw error;
    }
    // Its parent may go again before the next attempt; then begin anew.
    await ensurePath(maker, parentPath(serverPath));
  }
}
