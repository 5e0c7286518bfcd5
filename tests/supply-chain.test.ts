import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

type Package = { integrity?: string; resolved?: string; link?: boolean }

test('every locked package is held to its content, and comes from where npm is told to look', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Package> }
  const locked = Object.entries(packages).filter(([path, { link }]) => path !== '' && !link)
  expect(locked.length).toBeGreaterThan(100)
  expect(
    locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
  ).toEqual([])
  // A registry's host in the lock would be asked whatever the machine's settings say.
  expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
})

test('dependencies are exact: what was tried is what is installed', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >
  const versions = Object.entries({ ...dependencies, ...devDependencies })
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+[\w.-]*$/.test(version))).toEqual([])
})

test('no package runs a script when it is installed but those that are named', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> }
  const named = Object.keys(allowScripts).map((name) => name.replace(/(?<=.)@.*$/, ''))
  const running = Object.entries(packages)
    .filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
  expect(running.filter((name) => !named.includes(name))).toEqual([])
})

test('the database container gives the program a role that is no superuser, and keeps no capability that it does not need', () => {
  const compose = read('compose.yaml')
  expect(compose).not.toContain('POSTGRES_USER')
  expect(compose.match(/cap_drop:\n\s+- ALL/g)).toHaveLength(2)
  expect(read('docker/create-role.sh')).toContain('NOSUPERUSER')
})
