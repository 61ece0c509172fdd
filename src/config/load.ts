import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { closest } from 'fastest-levenshtein'
import { AlignError } from '../errors.ts'
import { COMPOSE_NAMES, CONFIG_TABLE, type Settings } from './table.ts'

/** The environment of a process, or of a test. */
export type Environment = Record<string, string | undefined>

/** The settings in use, and what is odd about them. */
export type Config = Settings & { readonly warnings: readonly string[] }

/**
 * Reads the configuration. Empty values are as good as none.
 * @throws AlignError CONFIG_INVALID with name, expectation and value of every setting that cannot work
 */
export function loadConfig(env: Environment = readEnvironment()): Config {
  const problems: string[] = []
  const values = Object.entries(CONFIG_TABLE).map(([key, setting]) => {
    const found = [setting.name, ...namesBeside(setting)].find((name) => env[name]?.trim())
    if (!found) return [key, setting.fallback]
    const text = env[found]!.trim()
    const value = setting.reader.read(text)
    const got = 'secret' in setting ? 'another text' : JSON.stringify(text)
    if (value === undefined) problems.push(`${found}: expected ${setting.reader.expected}, got ${got}`)
    return [key, value]
  })
  const settings = Object.fromEntries(values) as Settings
  problems.push(...halfGivenCredentials(settings), ...openWithoutKey(settings, env))
  if (problems.length > 0) throw new AlignError('CONFIG_INVALID', problems.join('; '))
  return { ...settings, warnings: unknownNames(env) }
}

/**
 * With these glibc gives memory back. Without, it keeps what was freed in as many pools as threads have asked for memory, and
 * what lies between pieces that are used for ever, so that a worker process goes on growing for some hundred songs. Large
 * pieces on their own return to the system when they are freed (mallopt(3)). Other C libraries do not know these names.
 */
export const MALLOC = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
}

/** Worker processes inherit the environment: what is set already is kept. */
export function giveMemoryBack(env: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(MALLOC)) env[name] ??= value
}

/** The variables of the process; below them those of a .env file in `folder`, which never override. */
export function readEnvironment(folder = process.cwd(), env: Environment = process.env): Environment {
  return { ...readDotEnv(join(folder, '.env')), ...env }
}

/** What is logged at start: every setting by its variable's name, secrets masked. */
export function describeConfig(config: Config): Record<string, string> {
  const settings = Object.entries(CONFIG_TABLE).map(([key, setting]) => {
    const value = config[key as keyof Settings]
    if (value === undefined) return [setting.name, `not set: ${'blank' in setting ? setting.blank : 'none'}`]
    const show = (setting.reader as { show?: (value: unknown) => string }).show ?? String
    return [setting.name, 'secret' in setting ? '***' : show(value)]
  })
  return Object.fromEntries(settings)
}

function namesBeside(setting: object): readonly string[] {
  return 'aliases' in setting ? (setting.aliases as readonly string[]) : []
}

function readDotEnv(path: string): Environment {
  try {
    return parse(readFileSync(path))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw new AlignError('CONFIG_INVALID', `Expected ${path} to be a readable file, got: ${error}`, {
      cause: error,
    })
  }
}

function halfGivenCredentials({ r2AccessKeyId, r2SecretAccessKey }: Settings): string[] {
  if ((r2AccessKeyId === undefined) === (r2SecretAccessKey === undefined)) return []
  const { r2AccessKeyId: id, r2SecretAccessKey: secret } = CONFIG_TABLE
  const [given, missing] = r2AccessKeyId === undefined ? [secret, id] : [id, secret]
  return [`${missing.name}: expected a value beside ${given.name}, got none`]
}

/** Inside a container the service cannot see where its port is published: compose tells it. */
function openWithoutKey({ apiKeys }: Settings, { SOW_QWEN3_PUBLISH: address }: Environment): string[] {
  if (!address?.trim() || apiKeys || /^(127\.[\d.]+|\[?::1\]?|localhost)$/.test(address.trim())) return []
  const expected = `expected a key where the port is published on ${address.trim()} (SOW_QWEN3_PUBLISH)`
  return [`${CONFIG_TABLE.apiKeys.name}: ${expected}, got none`]
}

function unknownNames(env: Environment): string[] {
  const settings = Object.values(CONFIG_TABLE)
  const known = [...settings.flatMap((each) => [each.name, ...namesBeside(each)]), ...COMPOSE_NAMES]
  const unknown = Object.keys(env).filter((name) => /^SOW_(QWEN3|R2)_/.test(name) && !known.includes(name))
  return unknown.map(
    (name) => `${name} is not a setting and has no effect; did you mean ${closest(name, known)}?`,
  )
}
