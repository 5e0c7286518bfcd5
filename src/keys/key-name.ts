import { textProblem } from '../lib/text.ts'
import { skeletonOf, unseenIn } from '../lib/unseen.ts'
import { systemActors } from './viewer.ts'

// A name is a line in a list.
const maxNameLength = 200

/**
 * Why a key cannot have a name, as the end of a sentence that begins with it; null when it can. It is shown as the actor of
 * events, so that it can neither hide nor be taken for the program itself. It need not be the only one: `actorId` tells
 * keys apart.
 */
export const keyNameProblem = (given: string): string | null => {
  const name = given.trim()
  if (name === '') return 'is empty; say what the key is for'
  const problem = lineProblem(name, maxNameLength)
  if (problem) return problem
  if (!/[\p{L}\p{N}\p{S}]/u.test(name)) return 'has no letter and no digit; say what the key is for'
  // An import acts by two words, of which its own name is the second.
  const [first = ''] = name.split(' ')
  const actor = systemActors.find((one) => isLike(one)(name) || (one === 'import' && isLike(one)(first)))
  return actor
    ? `could be taken for "${actor}", by which the program itself acts; begin it with another word`
    : null
}

/** Why a text cannot stand as a line in a list, as the end of a sentence that begins with it; null when it can. */
export const lineProblem = (text: string, maxLength: number): string | null => {
  const problem = textProblem(text, maxLength)
  if (problem) return problem
  const unseen = unseenIn(text) ?? oddSpaceIn(text)
  return unseen === null ? null : `has a character that nobody sees (${unseen}); leave it out`
}

/** Another space than that of the keyboard, by which two names can look like one. */
const oddSpaceIn = (text: string): string | null => {
  const code = /(?! )[\p{Z}\s]/u.exec(text)?.[0].codePointAt(0)
  return code === undefined ? null : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

const isLike = (actor: string) => {
  const skeleton = skeletonOf(actor)
  return (text: string) => skeletonOf(text) === skeleton
}
