import { spawnSync } from 'node:child_process'

const ways = [
  ['unshare', '--pid', '--fork', '--mount-proc', '--'],
  // Without being root: as the root of a namespace of users.
  ['unshare', '--user', '--map-current-user', '--pid', '--fork', '--mount-proc', '--'],
]

/** The command within which another one has pids of its own, as in a container; null where this machine does not allow it. */
export const ownPids: string[] | null =
  ways.find(([command = '', ...args]) => spawnSync(command, [...args, 'true']).status === 0) ?? null
