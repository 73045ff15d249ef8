import type { LaunchOrder, ProcessLimits } from './launch-order.ts';

/**
 * Shell scripts that stand between the keeper and a command. Their text is fixed; all that comes from elsewhere is an
 * argument. POSIX, tried with dash and bash.
 */

/** Moves the shell into a cgroup, then becomes the command. $1: the cgroup's list of processes. */
const INTO_CGROUP = 'echo $$ > "$1" || exit 1; shift; exec "$@"';

/** $1: KiB of data a process may have; $2: how many processes its user may have in here. `-`: as many as it likes. */
const LIMITS = `
[ "$1" = - ] || ulimit -d "$1" || exit 1
[ "$2" = - ] || ulimit -u "$2" 2>/dev/null || ulimit -p "$2" || exit 1
shift 2`;

/** Becomes the command, under its limits. */
const LIMITED = `${LIMITS}
exec "$@"`;

/**
 * Lives inside the sandbox beside the command, and tells the keeper over descriptor 3 what bubblewrap does not: whether
 * it was a signal, and the processor time. It stays until the keeper lets go, so that what the command left running may
 * still clean up. Descriptor 4 is the folder that was checked: it must be the one we are in, and the command must
 * not get it, since it leads out of the sandbox.
 */
const INSIDE = `exec 2>&3
trap : HUP INT QUIT TERM ALRM USR1 USR2
[ . -ef /proc/self/fd/4 ] || { echo moved; exit 1; } >&3
exec 4<&-${LIMITS}
[ -e "$1" ] || { echo missing; exit 1; } >&3
[ -x "$1" ] || { echo refused; exit 1; } >&3
echo started >&3
( exec "$@" 2>&6 3<&- 6>&- )
code=$?
{ echo --; times; echo "$code"; } >&3
until read -r word <&3 || [ $? -le 128 ]; do :; done`;

/** Waits for a word or for the keeper's death, and ends the group then. $1: the group. */
export const WATCHDOG = `trap '' HUP INT QUIT TERM
read -r word && [ "$word" = done ] || kill -KILL "-$1"`;

const SHELL = '/bin/sh';

/** The command line that runs inside the sandbox. */
export function insideCommand({
  file,
  args,
  limits,
  cgroup,
}: Pick<LaunchOrder, 'file' | 'args' | 'limits' | 'cgroup'>): string[] {
  return [SHELL, '-c', INSIDE, 'overmind-launch', ...limitArgs(cgroup === null ? limits : null), file, ...args];
}

/** The command line without a sandbox: the command itself, unless something has to be set up before it. */
export function plainCommand({
  file,
  args,
  limits,
  cgroup,
}: Pick<LaunchOrder, 'file' | 'args' | 'limits' | 'cgroup'>): string[] {
  const wanted = limitArgs(cgroup === null ? limits : null);
  if (wanted.every((arg) => arg === '-')) return [file, ...args];
  return [SHELL, '-c', LIMITED, 'overmind-launch', ...wanted, file, ...args];
}

/** Puts a command line into a cgroup before it begins. */
export function inCgroup(cgroup: string | null, command: string[]): string[] {
  return cgroup === null
    ? command
    : [SHELL, '-c', INTO_CGROUP, 'overmind-launch', `${cgroup}/cgroup.procs`, ...command];
}

/** Where no cgroup counts them together, each process has the limit for itself. */
function limitArgs(limits: ProcessLimits | null): [string, string] {
  const kib = limits?.maxMemoryBytes ?? null;
  return [kib === null ? '-' : String(Math.ceil(kib / 1_024)), limits?.maxProcesses?.toString() ?? '-'];
}
