import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A page is made, and a form is sent on, within seconds. */
const VALID_MS = 5 * 60_000;

/**
 * Signed notes of callers' addresses. Web makes requests for people, from an address of its own; the api tells it with
 * each request whose it is, and believes nobody else who says so: from this machine anybody could.
 */
export class CallerNotes {
  /** Of this process alone: what another one has signed counts for nothing here. */
  private readonly key = randomBytes(32);

  write(address: string): string {
    const note = `${Date.now() + VALID_MS} ${address}`;
    return `${note} ${this.sign(note)}`;
  }

  /** @returns the address; null for a note that is not ours, or too old */
  read(header: string | string[] | undefined): string | null {
    const [, note = '', until = '', address = '', signature = ''] =
      /^((\d+) (\S+)) (\S+)$/.exec(String(header ?? '')) ?? [];
    const [expected, found] = [Buffer.from(this.sign(note)), Buffer.from(signature)];
    return expected.length === found.length && timingSafeEqual(expected, found) && Number(until) > Date.now()
      ? address
      : null;
  }

  private sign(note: string): string {
    return createHmac('sha256', this.key).update(note).digest('base64url');
  }
}
