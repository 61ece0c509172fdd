import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DCLinter } from 'dclint'
import { validate } from 'dockerfile-utils'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../src/config/load.ts'
import { CONFIG_TABLE } from '../src/config/table.ts'

const root = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const dockerfile = readFileSync(root('Dockerfile'), 'utf8')
const packageJson = JSON.parse(readFileSync(root('package.json'), 'utf8'))

describe('Dockerfile', () => {
  test('has no problem that a linter finds', () => {
    expect(validate(dockerfile)).toEqual([])
  })

  test('is based on a pinned slim image, runs as an ordinary user, and checks its health without curl', () => {
    expect(dockerfile).toMatch(/^FROM node:\d+\.\d+\.\d+-bookworm-slim@sha256:[\da-f]{64} AS base$/m)
    expect(
      dockerfile
        .trimEnd()
        .split('\n')
        .filter((line) => /^(USER|CMD)/.test(line)),
    ).toEqual(['USER node', 'CMD ["node", "dist/src/serve.js"]'])
    expect(dockerfile).toMatch(/HEALTHCHECK.*\n +CMD \["node", "-e", /)
    expect(dockerfile).toMatch(/^ +ORT_DISABLE_TELEMETRY=1 /m)
    expect(packageJson.scripts.start).toBe('node dist/src/serve.js')
  })

  test('copies only what .dockerignore lets through', () => {
    const allowed = readFileSync(root('.dockerignore'), 'utf8').matchAll(/^!(.+)$/gm)
    const names = [...allowed].map(([, name]) => name!)
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) =>
      paths!.split(' '),
    )
    expect(
      copied.filter((path) => !names.some((name) => path === name || path.startsWith(`${name}/`))),
    ).toEqual([])
  })
})

/** The file as Compose reads it: ${NAME:-where not set} and ${NAME:+where set} filled in. */
function composeWith(volume: string, publish = '') {
  const text = readFileSync(root('docker-compose.yml'), 'utf8')
  const filled = text
    .replaceAll(/\$\{SOW_QWEN3_MODEL_VOLUME:-([^}]*)\}/g, (_, otherwise) => volume || otherwise)
    .replaceAll(/\$\{SOW_QWEN3_MODEL_VOLUME:\+([^}]*)\}/g, (_, then) => (volume ? then : ''))
    .replaceAll(/\$\{SOW_QWEN3_PUBLISH:-([^}]*)\}/g, (_, otherwise) => publish || otherwise)
  expect(filled).not.toContain('${')
  return parse(filled, { merge: true })
}

describe('docker-compose.yml', () => {
  const compose = composeWith('')

  test('fits the schema of the Compose specification', () => {
    // Matters of taste, and two services that never run together on one port.
    const off = ['no-duplicate-exported-ports', 'no-unbound-port-interfaces', 'service-keys-order']
    const more = ['top-level-properties-order', 'require-quotes-in-ports']
    const rules = Object.fromEntries([...off, ...more].map((name) => [name, 0]))
    const linter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] })
    const found: { messages: unknown[] }[] = linter.lintFiles([root('docker-compose.yml')], false)
    expect(found.flatMap(({ messages }) => messages)).toEqual([])
  })

  test('qwen3 has its limits, its port and its cache', () => {
    const { qwen3 } = compose.services
    expect(qwen3).toMatchObject({ mem_limit: '8g', cpus: '4', read_only: true })
    expect(qwen3.ports).toEqual(['127.0.0.1:8000:8000'])
    expect(composeWith('', '0.0.0.0').services.qwen3.ports).toEqual(['0.0.0.0:8000:8000'])
    expect(qwen3.volumes).toContain('cache:/cache')
    expect(Object.keys(compose.volumes)).toEqual(['cache', 'no-model'])
  })

  test('without a model folder it runs on the embedded model, with one on that alone, mounted read-only', () => {
    const without = compose.services.qwen3
    expect(without.volumes).toContain('no-model:/models/qwen3-forced-aligner:ro')
    expect(loadConfig(without.environment).modelPath).toBeUndefined()
    const mounted = composeWith('/srv/model').services.qwen3
    expect(mounted.volumes).toContain('/srv/model:/models/qwen3-forced-aligner:ro')
    expect(loadConfig(mounted.environment).modelPath).toBe('/models/qwen3-forced-aligner')
  })

  test('every setting can be given, and nothing that is none', () => {
    const { environment } = compose.services.qwen3
    const settings = Object.values(CONFIG_TABLE).flatMap((setting) => [
      setting.name,
      ...('aliases' in setting ? setting.aliases : []),
    ])
    expect(Object.keys(environment).sort()).toEqual([...settings, 'SOW_QWEN3_PUBLISH'].sort())
    expect(loadConfig(environment)).toMatchObject({
      host: '0.0.0.0',
      port: 8000,
      cacheDir: '/cache',
      warnings: [],
    })
  })

  test('running work may end before the container is killed', () => {
    const grace = Number.parseInt(compose.services.qwen3.stop_grace_period, 10)
    expect(grace).toBeGreaterThan(CONFIG_TABLE.drainSeconds.fallback)
  })

  test('qwen3-dev waits for its profile, mounts the source and restarts on change', () => {
    const dev = compose.services['qwen3-dev']
    expect(dev.profiles).toEqual(['dev'])
    expect(dev.volumes).toContain('.:/app')
    expect(dev.build.args.DEV_MODE).toBe('true')
    expect(dev.command).toEqual(['npm', 'run', 'dev'])
    expect(packageJson.scripts.dev).toContain('node --watch')
  })
})
