import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackDebianPackages } from './own-services.mjs';

const SYSTEM_FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];

/** libfaketime: the machine's own, or Debian's package unpacked below a folder; null where neither is to be had. */
export async function findFakeTime(toolsFolder: string): Promise<string | null> {
  const unpacked = join(toolsFolder, 'faketime');
  const known = [...SYSTEM_FOLDERS, join(unpacked, 'usr', 'lib')].map(libraryBelow).find((file) => file !== null);
  if (known) return known;
  mkdirSync(toolsFolder, { recursive: true });
  if ((await unpackDebianPackages(['libfaketime'], unpacked)) !== undefined) return null;
  return libraryBelow(join(unpacked, 'usr', 'lib'));
}

function libraryBelow(folder: string): string | null {
  if (!existsSync(folder)) return null;
  const inFolder = (place: string): string => join(place, 'faketime', 'libfaketimeMT.so.1');
  const places = [
    folder,
    ...readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name)),
  ];
  return places.map(inFolder).find(existsSync) ?? null;
}

/** The wall clock of one process, which can be made to jump. Its monotonic clock stays the machine's. */
export class FakeClock {
  constructor(
    private readonly library: string,
    private readonly file: string,
  ) {
    this.jump(0);
  }

  /** @param seconds away from the right time */
  jump(seconds: number): void {
    writeFileSync(this.file, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`);
  }

  get env(): Record<string, string> {
    return {
      LD_PRELOAD: this.library,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }
}
