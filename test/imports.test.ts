import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

// Code layout (CONTRIBUTING.md): who may import whom. Paths are relative to the root, without the .ts or .tsx.

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CONTRACTS = ['src/types', 'src/errors']
/** Imported before anything that may load ONNX Runtime. */
const TELEMETRY = 'src/config/telemetry'
const STAGES = ['src/audio/', 'src/lyrics/', 'src/ctc/', 'src/qwen3/', 'src/quality/']

/** What each part may import of ours, beside its own folder. The first part that fits a file is its own. */
const MAY_IMPORT: [part: string, allowed: string[]][] = [
  ['src/types', []],
  ['src/errors', []],
  ['src/disk/', ['src/errors']],
  ['src/audio/', CONTRACTS],
  ['src/lyrics/', CONTRACTS],
  ['src/format/', CONTRACTS],
  ['src/config/', CONTRACTS],
  ['src/cache/', [...CONTRACTS, 'src/disk/']],
  ['src/ctc/', [...CONTRACTS, TELEMETRY, 'src/disk/inspect-model']],
  ['src/qwen3/', [...CONTRACTS, TELEMETRY, 'src/ctc/', 'src/disk/']],
  ['src/quality/', [...CONTRACTS, 'src/ctc/', 'src/lyrics/assemble']],
  ['src/engine/', [...CONTRACTS, ...STAGES, 'src/disk/inspect-model']],
  ['workers/', [...CONTRACTS, 'src/engine/', 'src/pool/wire']],
  ['src/pool/', [...CONTRACTS, TELEMETRY, 'src/engine/tasks', 'src/engine/test-signal', 'src/disk/']],
  [
    'src/aligner/',
    [...CONTRACTS, 'src/config/', 'src/engine/tasks', 'src/pool/', 'src/cache/', 'src/audio/', 'src/lyrics/'],
  ],
  [
    'src/folder/',
    [
      ...CONTRACTS,
      'src/config/table',
      'src/aligner/',
      'src/cache/digest',
      'src/disk/',
      'src/format/',
      'src/lyrics/',
    ],
  ],
  [
    'src/index',
    [
      ...CONTRACTS,
      'src/config/version',
      'src/aligner/',
      'src/audio/s3',
      'src/folder/',
      'src/format/',
      'src/lyrics/',
    ],
  ],
  [
    'src/server/',
    [
      ...CONTRACTS,
      'src/config/',
      'src/disk/',
      'src/aligner/',
      'src/pool/until-aborted',
      'src/format/',
      'src/lyrics/',
      'src/audio/source',
    ],
  ],
  // Runs in browsers, and shares with the library what is pure: the data, the formats, the names of the languages.
  ['src/page/', [...CONTRACTS, 'src/format/', 'src/lyrics/language']],
  ['src/serve', ['src/server/']],
  [
    'src/cli',
    [
      'src/index',
      'src/config/',
      'src/aligner/from-config',
      'src/aligner/stage-shares',
      'src/format/lrc',
      'src/format/files',
      'src/disk/whole-file',
      'src/folder/find',
      'src/folder/names',
      'src/engine/test-signal',
      'src/server/run',
      'src/cli/',
      'src/qwen3/',
    ],
  ],
]

/** Libraries with one home: nothing else may import them, so that they can be replaced in one place. */
const HOMES: Record<string, string[]> = {
  'onnxruntime-node': ['src/ctc/model', 'src/qwen3/session'],
  piscina: ['src/pool/threads'],
  'audio-decode': ['src/audio/'],
  'wav-decoder': ['src/audio/'],
  '@echogarden/speex-resampler-wasm/simd': ['src/audio/resample'],
  '@aws-sdk/client-s3': ['src/audio/s3'],
  libsql: ['src/server/jobs/database'],
  commander: ['src/cli/'],
  'cli-progress': ['src/cli/progress'],
  elysia: ['src/server/'],
  pino: ['src/server/'],
  '@opentelemetry/api': ['src/server/tracing'],
  '@opentelemetry/sdk-node': ['src/server/tracing'],
  'csv-stringify/sync': ['src/cli/set/report'],
  picomatch: ['src/folder/find'],
  'music-metadata': ['src/folder/tags'],
  dotenv: ['src/config/load'],
  protobufjs: ['src/qwen3/convert/'],
  '@huggingface/tokenizers': ['src/qwen3/'],
  'pinyin-pro': ['src/lyrics/'],
  'lindera-wasm-ipadic': ['src/lyrics/'],
  preact: ['src/page/'],
  'preact/hooks': ['src/page/'],
  '@preact/signals': ['src/page/'],
  'wavesurfer.js': ['src/page/view/waveform'],
  fflate: ['src/page/io/zip'],
  'idb-keyval': ['src/page/io/kept'],
  'eventsource-parser': ['src/page/io/service'],
  vite: ['src/page/vite.config'],
}

/** Loaded by threads, or when they are first needed: never with the package, on whose main thread they would lie. */
const NOT_ON_THE_MAIN_THREAD = [
  'onnxruntime-node',
  'audio-decode',
  '@aws-sdk/client-s3',
  'lindera-wasm-ipadic',
  'pinyin-pro',
  '@opentelemetry/sdk-node',
]

/** The names of the weight types, and the lock of conversions, are no engine. */
const ENGINES = /^src\/(ctc|qwen3(?!\/convert\/(linear|lock)$)|quality|engine(?!\/test-signal$))/

type Import = { file: string; target: string; typeOnly: boolean; lazy: boolean }

const files = ['src', 'workers'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.test|\.d)\.tsx?$/.test(name))
    .map((name) => pathOf(join(ROOT, folder, name))),
)
const imports = files.flatMap(importsOf)

function pathOf(file: string): string {
  return relative(ROOT, file)
    .split(sep)
    .join('/')
    .replace(/\.tsx?$/, '')
}

function textOf(file: string): string {
  const path = join(ROOT, file)
  return readFileSync(existsSync(`${path}.ts`) ? `${path}.ts` : `${path}.tsx`, 'utf8')
}

function importsOf(file: string): Import[] {
  const text = textOf(file)
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^'"`;()]*?from '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm,
  )
  return [...found].map(([, type, from, lazy, bare]) => {
    const name = (from ?? lazy ?? bare)!
    const target = name.startsWith('.') ? pathOf(join(ROOT, dirname(file), name)) : name
    return { file, target, typeOnly: type !== undefined, lazy: lazy !== undefined }
  })
}

const isOurs = ({ target }: Import) => /^(src|workers)\//.test(target)
const starts = (path: string) => (prefix: string) => path.startsWith(prefix)
const told = ({ file, target }: Import) => `${file} imports ${target}`

/** Files of which each leads to all others, by what they import (Tarjan 1972). */
function circles(): string[][] {
  const targets = new Map(files.map((file) => [file, new Set<string>()]))
  for (const { file, target } of imports) if (targets.has(target)) targets.get(file)!.add(target)
  const found: string[][] = []
  const number = new Map<string, number>()
  const open: string[] = []
  /** The lowest number of an open file that this one leads to. */
  function visit(file: string): number {
    const own = number.size
    let lowest = own
    number.set(file, own)
    open.push(file)
    for (const target of targets.get(file)!) {
      if (!number.has(target)) lowest = Math.min(lowest, visit(target))
      else if (open.includes(target)) lowest = Math.min(lowest, number.get(target)!)
    }
    if (lowest < own) return lowest
    const circle = open.splice(open.indexOf(file))
    if (circle.length > 1 || targets.get(file)!.has(file)) found.push(circle)
    return lowest
  }
  for (const file of files) if (!number.has(file)) visit(file)
  return found
}

describe('code layout', () => {
  test('every file belongs to a part', () => {
    expect(files.filter((file) => !MAY_IMPORT.some(([part]) => file.startsWith(part)))).toEqual([])
    expect(imports.length).toBeGreaterThan(100)
  })

  test('parts import only what is below them', () => {
    const wrong = imports.filter(isOurs).filter(({ file, target }) => {
      const [part, allowed] = MAY_IMPORT.find(([prefix]) => file.startsWith(prefix))!
      const within = part.endsWith('/') && target.startsWith(part)
      return !within && !allowed.some(starts(target))
    })
    expect(wrong.map(told)).toEqual([])
  })

  test('imports never run in a circle, those of types included', () => {
    expect(circles()).toEqual([])
  })

  test('libraries with one home are imported there alone', () => {
    const wrong = imports.filter(({ file, target }) => HOMES[target] && !HOMES[target].some(starts(file)))
    expect(wrong.map(told)).toEqual([])
  })

  test.each(['src/index', 'src/server/index', 'src/cli'])(
    '%s loads no engine and no heavy library',
    (entry) => {
      const loaded = new Set([entry])
      for (const file of loaded) {
        for (const each of imports)
          if (each.file === file && !each.typeOnly && !each.lazy) loaded.add(each.target)
      }
      expect([...loaded].filter((name) => NOT_ON_THE_MAIN_THREAD.includes(name))).toEqual([])
      expect([...loaded].filter((name) => ENGINES.test(name))).toEqual([])
    },
  )

  test('the page brings nothing of Node into the browser', () => {
    const loaded = new Set(['src/page/main'])
    for (const file of loaded)
      for (const each of imports) if (each.file === file && !each.typeOnly) loaded.add(each.target)
    expect([...loaded].length).toBeGreaterThan(30)
    expect([...loaded].filter((name) => name.startsWith('node:'))).toEqual([])
  })

  test('the environment is read by the configuration and the command line alone', () => {
    const readers = files.filter((file) => textOf(file).includes('process.env'))
    expect(readers.filter((file) => !/^src\/(config\/|cli)/.test(file))).toEqual([])
  })

  test('what loads ONNX Runtime, or starts what does, switches its telemetry off before', () => {
    const targetsOf = (file: string) =>
      imports.filter((each) => each.file === file && !each.typeOnly).map(({ target }) => target)
    for (const file of HOMES['onnxruntime-node']!) {
      const targets = targetsOf(file)
      expect(targets).toContain(TELEMETRY)
      expect(targets.indexOf(TELEMETRY)).toBeLessThan(targets.indexOf('onnxruntime-node'))
    }
    for (const file of ['src/pool/threads', 'src/pool/child-process'])
      expect(targetsOf(file)).toContain(TELEMETRY)
  })

  test('nothing is exported wholesale', () => {
    const wholesale = files.filter((file) => /^export \*/m.test(textOf(file)))
    expect(wholesale).toEqual([])
  })
})
