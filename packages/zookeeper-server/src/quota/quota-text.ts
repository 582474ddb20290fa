/** Limits or figures of a quota as its nodes hold them; -1 is no limit. */
export interface QuotaFigures {
  readonly count: number;
  readonly bytes: number;
  readonly countHardLimit: number;
  readonly byteHardLimit: number;
}

const NONE = -1;

/** Reads `count=5,bytes=100,countHardLimit=8,byteHardLimit=-1`; what is missing or no number is no limit. */
export function parseQuota(data: Buffer | null): QuotaFigures {
  const found = new Map<string, number>();
  for (const part of (data?.toString() ?? '').split(/[,;]/)) {
    const [key = '', value = ''] = part.split('=');
    const number = value === '' ? NONE : Number(value);
    found.set(key.trim(), Number.isSafeInteger(number) ? number : NONE);
  }
  return {
    count: found.get('count') ?? NONE,
    bytes: found.get('bytes') ?? NONE,
    countHardLimit: found.get('countHardLimit') ?? NONE,
    byteHardLimit: found.get('byteHardLimit') ?? NONE,
  };
}

/** What a quota's statistics node holds. */
export function formatUsage({ count, bytes }: { count: number; bytes: number }): Buffer {
  return Buffer.from(`count=${count},bytes=${bytes}`);
}
