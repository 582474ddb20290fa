import { connectEcho } from './connect-echo.ts';
import type { EchoSubject } from './echo-subject.ts';
import { grpcEcho } from './grpc-echo.ts';
import { mprpcEcho, mprpcServiceEcho } from './mprpc-echo.ts';
import { rawEcho } from './raw-echo.ts';

/** The ways to call that are compared, by the kind that their processes are started with. */
const SUBJECTS: Readonly<Record<string, EchoSubject>> = {
  mprpc: mprpcEcho,
  'mprpc-service': mprpcServiceEcho,
  grpc: grpcEcho,
  connect: connectEcho,
  raw: rawEcho,
};

/** One of them; throws when there is none of this kind. */
export function echoSubject(kind: string): EchoSubject {
  const subject = SUBJECTS[kind];
  if (subject === undefined) throw new Error(`there is no way to call '${kind}'`);
  return subject;
}
