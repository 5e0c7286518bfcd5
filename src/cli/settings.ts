import { addToEnvironment, type Config, readConfig } from '../config.ts'
import { parseAddresses } from '../http/limits/caller-address.ts'
import { readDotenv } from '../lib/dotenv.ts'
import { createLog, type Log } from '../lib/log.ts'
import { parseAllow } from '../webhooks/http/url-policy.ts'

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
