/** Where the rooms of governance say what they noticed and survived; a pino logger fits. */
export interface GovernanceLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** Says nothing. */
export const silentLogger: GovernanceLogger = { info() {}, warn() {} };
