/** A running PostgreSQL or Redis. */
export interface RunningService {
  url: string;
  pid: number;
  logFile: string;
  /** Settles when the process is gone. */
  exited: Promise<unknown>;
}

export declare function buildProduct(rootDir: string): Promise<void>;
export declare function prepareServices(
  rootDir: string,
  dataDir: string,
): Promise<{
  /** Where bubblewrap is; undefined: it can not be had here. */
  bubblewrap: string | undefined;
  start(name: 'postgres' | 'redis'): Promise<RunningService>;
}>;
/** @returns the reason when it did not work */
export declare function unpackDebianPackages(
  packages: readonly string[],
  targetDir: string,
): Promise<string | undefined>;
