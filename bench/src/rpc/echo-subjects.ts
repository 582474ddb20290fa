import type { EchoSubject } from './echo-subject.ts';

/**
 * The ways to call that are compared, by the kind that their processes are started with. Each process loads its own only:
 * what the others bring along would take seconds to load and lie in its heap.
 */
const SUBJECTS: Readonly<Record<string, () => Promise<EchoSubject>>> = {
  mprpc: async () => (await import('./mprpc-echo.ts')).mprpcEcho,
  'mprpc-service': async () => (await import('./mprpc-echo.ts')).mprpcServiceEcho,
  grpc: async () => (await import('./grpc-echo.ts')).grpcEcho,
  connect: async () => (await import('./connect-echo.ts')).connectEcho,
  raw: async () => (await import('./raw-echo.ts')).rawEcho,
};

/** One of them, or mprpc with a rule (see `ruleKind`); rejects when there is none of this kind. */
export async function echoSubject(kind: string): Promise<EchoSubject> {
  const subject = (await SUBJECTS[kind]?.()) ?? (await import('./mprpc-rules.ts')).ruleEchoes[kind];
  if (subject === undefined) throw new Error(`there is no way to call '${kind}'`);
  return subject;
}
