// Without a notification a follower looks all the same: one may have been lost with its connection.
const lookAgainMs = 10_000

/** Lets any number of followers wait for the next commit. */
export const createSignal = () => {
  let waiting: (() => void)[] = []
  const ring = () => {
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  const next = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, lookAgainMs).unref()
      waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  return { ring, next }
}
