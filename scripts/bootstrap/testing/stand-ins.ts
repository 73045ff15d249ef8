import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Programs of other people that a set-up starts, played by scripts in a folder. */
export class StandIns {
  readonly npmCli: string;
  /** While it is there, npm does not come to an end. */
  readonly hangFile: string;
  readonly #callsFile: string;
  readonly #registry: string;

  constructor(readonly folder: string) {
    this.npmCli = path.join(folder, 'npm-cli.js');
    this.hangFile = path.join(folder, 'hang');
    this.#callsFile = path.join(folder, 'calls');
    this.#registry = path.join(folder, 'registry');
    mkdirSync(this.#registry);
    writeFileSync(this.#callsFile, '');
    writeFileSync(this.npmCli, npmScript(this.#registry, this.#callsFile, this.hangFile));
  }

  /** What was asked of npm and of the other programs, an entry for each call. */
  calls(): string[] {
    return readFileSync(this.#callsFile, 'utf8').split('\n').filter(Boolean);
  }

  publish(spec: string, files: Record<string, string>): void {
    const work = path.join(this.folder, 'publishing');
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(work, 'package', name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const archive = path.join(this.#registry, `${encodeURIComponent(spec)}.tgz`);
    const packed = spawnSync('tar', ['-czf', archive, '-C', work, 'package'], { encoding: 'utf8' });
    if (packed.status !== 0) throw new Error(packed.stderr);
    rmSync(work, { recursive: true });
  }

  /** @param script of a shell; $CALLS is the file of the calls */
  program(name: string, script: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, `#!/bin/sh\nCALLS='${this.#callsFile}'\n${script}\n`, { mode: 0o755 });
    return file;
  }

  /** An ffmpeg that says it can decode these and nothing else. */
  ffmpeg(name: string, decoders: readonly string[]): string {
    const listed = ['matroska,webm', 'ogg', 'mov,mp4,m4a', 'mp3', 'wav', 'aresample'];
    return this.program(name, ffmpegScript([...listed, ...decoders]));
  }
}

export const ALL_DECODERS = ['opus', 'vorbis', 'aac', 'mp3', 'pcm_s16le'];

export function ffmpegScript(names: readonly string[]): string {
  return names.map((name) => `echo ' D  ${name}  what it means'`).join('\n');
}

function npmScript(registry: string, callsFile: string, hangFile: string): string {
  return `
    const { appendFileSync, copyFileSync, existsSync } = require('node:fs');
    const [command, spec, ...options] = process.argv.slice(2);
    appendFileSync(${JSON.stringify(callsFile)}, 'npm ' + command + ' ' + spec + '\\n');
    if (!options.includes('--ignore-scripts')) throw new Error('scripts of packages would run');
    const name = encodeURIComponent(spec) + '.tgz';
    const target = options.find((one) => one.startsWith('--pack-destination=')).split('=')[1] + '/' + name;
    const archive = ${JSON.stringify(registry)} + '/' + name;
    if (existsSync(${JSON.stringify(hangFile)})) {
      const parent = process.ppid;
      setInterval(() => process.ppid === parent || process.exit(1), 50);
    } else if (existsSync(archive)) {
      copyFileSync(archive, target);
    } else {
      console.error('npm error code ENOTFOUND\\nnpm error network request to the registry failed\\nnpm error at length');
      process.exitCode = 1;
    }`;
}
