import type { Logger } from '@mpim/zookeeper-server';

/** Keeps what a server reports. */
export class RecordingLogger implements Logger {
  readonly infos: string[] = [];
  /** Warnings and errors, with their facts. */
  readonly complaints: { readonly message: string; readonly facts: object }[] = [];

  debug(): void {}

  info(_facts: object, message: string): void {
    this.infos.push(message);
  }

  warn(facts: object, message: string): void {
    this.complaints.push({ message, facts });
  }

  error(facts: object, message: string): void {
    this.complaints.push({ message, facts });
  }
}
