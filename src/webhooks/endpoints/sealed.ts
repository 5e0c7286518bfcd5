import type { Db } from '../../db/client.ts'
import { createSeal, type Seal, SealError } from '../../lib/encryption.ts'
import { OperatorError } from '../../lib/errors.ts'
import { makeSecretKey, readSecretKey, secretKeyFile } from '../../lib/secret-key.ts'
import type { Write } from '../../write/write.ts'
import { openHeaders } from './header.ts'
import { sealContext } from './secret.ts'
import { setEndpointStatus } from './status.ts'

/** Where SECRET_KEY is: in the settings, or beside the embedded database. */
export type KeyPlace = {
  SECRET_KEY?: string | undefined
  DATABASE_URL?: string | undefined
  DATA_DIR: string
}

/**
 * The seal of the SECRET_KEY that is set, or that is beside the embedded database, where a new one gets its own.
 *
 * @throws OperatorError (exit code 78) when it opens nothing of what the database has sealed: found now, and not by the
 * receivers whom no webhook reaches.
 */
export const openSeal = async (db: Db, place: KeyPlace): Promise<Seal> => {
  const key = place.SECRET_KEY ?? readSecretKey(place.DATA_DIR)
  const sealed = await newestSealed(db)
  if (sealed.length === 0) return createSeal(key ?? makeSecretKey(place.DATA_DIR))
  const seal = key === null ? null : createSeal(key)
  if (seal && sealed.some((entry) => opens(seal, entry))) return seal
  throw new OperatorError(whatToDo(place, key, sealed), 78)
}

/**
 * Gives up what the SECRET_KEY at hand does not open, and disables the endpoints that lose by it, so that the key may be
 * another one from now on. Returns their ids.
 */
export const forgetSealed = async (
  write: <T>(work: (w: Write) => Promise<T>) => Promise<T>,
  db: Db,
  place: KeyPlace,
): Promise<string[]> => {
  const seal = createSeal(place.SECRET_KEY ?? readSecretKey(place.DATA_DIR) ?? makeSecretKey(place.DATA_DIR))
  const lost = (await sealedOf(db)).filter((entry) => !opens(seal, entry))
  const ids = [...new Set(lost.map(({ endpointId }) => endpointId))]
  for (const id of ids)
    await write(async (w) => {
      await setEndpointStatus(w, id, 'DISABLED', lostReason)
      const gone = lost.filter(({ endpointId }) => endpointId === id)
      await w.tx.webhookSecret.deleteMany({
        where: { id: { in: gone.flatMap(({ secretId }) => secretId ?? []) } },
      })
      if (gone.some(({ secretId }) => secretId === null))
        await w.tx.webhookEndpoint.update({ where: { id }, data: { sealedHeaders: null } })
    })
  return ids
}

const lostReason =
  'The SECRET_KEY of its secrets was lost: make new ones with rotateWebhookSecret, give it its headers again, and set it ACTIVE.'

/** A value of an endpoint's that was sealed: one of its secrets, or its headers. */
type Sealed = { endpointId: string; secretId: string | null; sealed: string }

// More than any site has.
const all = 1_000_000

const sealedOf = async (db: Db, take = all): Promise<Sealed[]> => {
  const secrets = await db.webhookSecret.findMany({ orderBy: { createdAt: 'desc' }, take })
  const endpoints = await db.webhookEndpoint.findMany({
    where: { sealedHeaders: { not: null } },
    orderBy: { createdAt: 'desc' },
    take,
  })
  return [
    ...secrets.map(({ id, endpointId, sealed }) => ({ endpointId, secretId: id, sealed })),
    ...endpoints.map(({ id, sealedHeaders }) => ({
      endpointId: id,
      secretId: null,
      sealed: sealedHeaders ?? '',
    })),
  ]
}

// One value may have been changed by a hand; not the last few of each kind.
const newestSealed = (db: Db) => sealedOf(db, 10)

const opens = (seal: Seal, { endpointId, secretId, sealed }: Sealed): boolean => {
  try {
    if (secretId === null) openHeaders(seal, endpointId, sealed)
    else seal.open(sealed, sealContext(endpointId))
    return true
  } catch (error) {
    if (error instanceof SealError) return false
    throw error
  }
}

const whatToDo = (place: KeyPlace, key: string | null, sealed: Sealed[]): string => {
  const file = secretKeyFile(place.DATA_DIR)
  const lost =
    'If it is lost for good, run "presswire webhooks forget-secrets": the endpoints then need new secrets.'
  if (place.SECRET_KEY === undefined) {
    const what = key === null ? 'is missing' : 'is not the one'
    return `The SECRET_KEY under which this database's webhook secrets were stored ${what} in ${file}. Put that file back from a copy, or set SECRET_KEY to what it was. ${lost}`
  }
  const beside = place.DATABASE_URL ? null : readSecretKey(place.DATA_DIR)
  if (beside !== null && sealed.some((entry) => opens(createSeal(beside), entry)))
    return `SECRET_KEY is not the one under which this database's webhook secrets were stored; the one in ${file} is. Unset SECRET_KEY.`
  return `SECRET_KEY is not the one under which this database's webhook secrets were stored: it opens none of them. Set it to that one. ${lost}`
}
