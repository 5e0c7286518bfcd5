/**
 * How long this process computed during the work, in milliseconds: what others do on the machine does not count. It tells work in
 * proportion to its input from work that takes minutes, and no more than that.
 */
export const cpuMsOf = (work: () => unknown): number => {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000
}
