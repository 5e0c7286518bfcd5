import { addToEnvironment, type Config, readConfig } from '../config.ts'
import { readDotenv } from '../dotenv.ts'
import { parseAddresses } from '../http/caller-address.ts'
import { createLog, type Log } from '../log.ts'
import { parseAllow } from '../webhooks/address.ts'

/** The settings from the environment and from `.env`, where there is one; the environment wins. */
export const readSettings = (): { config: Config; log: Log } => {
  addToEnvironment(readDotenv('.env'))
  const config = readConfig(undefined, {
    WEBHOOK_ALLOW: parseAllow,
    TRUSTED_PROXIES: parseAddresses,
    METRICS_ALLOW: parseAddresses,
  })
  return { config, log: createLog(config.LOG_LEVEL) }
}
