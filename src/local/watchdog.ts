import { spawn } from 'node:child_process';

/**
 * Reads until its standard input closes, which the kernel sees to even when the parent is killed with -9; then it ends the
 * process groups and removes the folders of the last lists it was given.
 */
const SCRIPT = `
trap '' INT TERM HUP
groups= folders=
while read -r list values; do
  case $list in
    groups) groups=$values ;;
    folders) folders=$values ;;
  esac
done
for group in $groups; do kill -s TERM -- "-$group"; done
for second in 1 2 3; do
  left=
  for group in $groups; do kill -s 0 -- "-$group" && left="$left $group"; done
  [ -z "$left" ] && break
  sleep 1
done
for group in $left; do kill -s KILL -- "-$group"; done
IFS=:
for folder in $folders; do rm -rf -- "$folder"; done
`;

export interface Watchdog {
  watch(groups: number[], folders: string[]): void;
  /** Ends it; with empty lists it leaves without doing anything. */
  close(): void;
}

/** A shell, as it costs 1 MB where a second Node would cost 40. */
export function startWatchdog(): Watchdog {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  shell.unref();
  // A dead watchdog is no reason to stop the stack: it is the second net, below the handlers of this process.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  // The pipe is a handle that would keep this process alive; Socket has unref, the declared Writable has not.
  (shell.stdin as unknown as { unref(): void }).unref();
  return {
    watch: (groups, folders) => {
      shell.stdin.write(`groups ${groups.join(' ')}\nfolders ${folders.join(':')}\n`);
    },
    close: () => {
      shell.stdin.end();
    },
  };
}
