import { setTimeout as pause } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { OperatorError } from '../../lib/errors.ts'
import type { Database } from '../database.ts'
import { checkDatabaseUrl, databaseNameOf } from '../database-url.ts'
import { newClient, withWholeScripts } from '../prisma.ts'
import { PostgresPool, type Role } from './pool.ts'
import { refuseSharedSessions } from './pooler.ts'

/** Where a PostgreSQL is, how many connections a process may have to it, and what for. */
export type PostgresLocation = { url: string; poolSize?: number; role?: Role }

// More than the cores of a small server; PostgreSQL itself allows 100 connections by default.
const defaultPoolSize = 10
// Of a transaction that still waits for the server.
const disconnectMs = 3_000
// A connection over which nothing is said is asked after by the system, so that one that is dead is known to be.
const keepAliveMs = 10_000

export const openPostgres = async ({ url, poolSize = defaultPoolSize, role = 'all' }: PostgresLocation) => {
  checkDatabaseUrl(url)
  const config: pg.ClientConfig = {
    connectionString: url,
    application_name: 'presswire',
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    enableChannelBinding: /[?&]channel_binding=(require|prefer)(&|$)/.test(url),
  }
  const pool = new PostgresPool(config, poolSize, role)
  try {
    await refuseSharedSessions(pool)
  } catch (error) {
    await pool.close()
    throw asOperatorError(error as Error, url)
  }
  const runScript = async (script: string) => {
    const client = await pool.connectWithoutLimit()
    try {
      await client.query(script)
    } finally {
      client.release()
    }
  }
  const adapterFactory = withWholeScripts(new PrismaPg(pool), runScript)
  const db = newClient(adapterFactory)
  const close = async () => {
    await Promise.race([db.$disconnect(), pause(disconnectMs, undefined, { ref: false })])
    await pool.close()
  }
  const giveUpAfter = (ms: number) => pool.giveUpAfter(ms)
  return {
    kind: 'postgres',
    db,
    driver: { pool },
    adapterFactory,
    runScript,
    giveUpAfter,
    close,
  } satisfies Database
}

const asOperatorError = (error: Error, url: string): OperatorError => {
  if (error instanceof OperatorError) return error
  const [reason = ''] = error.message.split('\n')
  const { severity } = error as { severity?: string }
  const told = severity === undefined ? 'does not answer' : 'lets nobody in'
  return new OperatorError(
    `The database at ${databaseNameOf(url)} ${told} (${reason}). ${severity === undefined ? 'Start it, or correct' : 'Correct'} DATABASE_URL.`,
    1,
    { cause: error },
  )
}
