/** A login configuration of Java's by which Apache ZooKeeper knows these users, name to password, for SASL DIGEST-MD5. */
export function jaasConfig(users: Readonly<Record<string, string>>): string {
  const lines = Object.entries(users).map(
    ([user, password]) => `  user_${user}="${password.replace(/["\\]/g, '\\$&')}"`,
  );
  const module = 'org.apache.zookeeper.server.auth.DigestLoginModule';
  return `Server {\n  ${module} required\n${lines.join('\n')};\n};\n`;
}
