import { escapeUnseen, escapeUnseenInJson } from '../lib/unseen.ts'

// All that commands write goes through here: a name, a file's text or an answer from elsewhere may hold what moves the
// cursor, wipes a line, begins another one or turns the text round.

/** A line of a result, on standard output, which other programs may read. */
export const print = (line: string): void => void process.stdout.write(`${escapeUnseen(line)}\n`)

/** A text of the program's own, with its line breaks and nothing that came from outside. */
export const printText = (text: string): void => void process.stdout.write(`${text}\n`)

export const printJson = (value: unknown): void => printJsonText(JSON.stringify(value))

/** JSON that is written already; its value stays what it is. */
export const printJsonText = (json: string): void =>
  void process.stdout.write(`${escapeUnseenInJson(json)}\n`)

/** A line for people, on standard error. */
export const say = (line: string): void => void process.stderr.write(`${escapeUnseen(line)}\n`)

/**
 * Several lines for people, in one write, so that whoever waits for the first has the last: what stands between line breaks
 * may have come from outside, the breaks have not.
 */
export const sayText = (text: string): void =>
  void process.stderr.write(`${text.split('\n').map(escapeUnseen).join('\n')}\n`)
