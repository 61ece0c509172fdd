import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { CLI, canRun, RUNTIMES, runProgram } from './run-cli.ts'

// Nothing leaves the machine, and nothing is left on it: ONNX Runtime would do both.

const SPEECH = fileURLToPath(new URL('fixtures/speech/', import.meta.url))
const SONG = [join(SPEECH, 'psalm-en.mp3'), join(SPEECH, 'psalm-en.txt')] as const
const LIBRARY = new URL('../dist/src/index.js', import.meta.url).href
const ONNX_RUNTIME = createRequire(import.meta.url).resolve('onnxruntime-node')
const MODEL = fileURLToPath(new URL('../models/sow-ctc-1/model.onnx', import.meta.url))

/** Its telemetry looks for its host some seconds after the start. */
const LOOK_UP_MS = 10_000

const folder = mkdtempSync(join(tmpdir(), 'sow-silence-'))

function script(name: string, text: string): string {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, text)
  return file
}

const withIsolation = (isolation: string) => `
  import { readFileSync } from 'node:fs'
  import { createAligner } from '${LIBRARY}'
  const [audio, lyrics, wait] = process.argv.slice(2)
  const aligner = await createAligner({ isolation: '${isolation}' })
  const { lines } = await aligner.align(audio, readFileSync(lyrics, 'utf8'))
  await new Promise((resolve) => setTimeout(resolve, Number(wait)))
  await aligner.close()
  console.log(lines.length)`

const PROGRAMS = {
  threads: script('threads', withIsolation('thread')),
  processes: script('processes', withIsolation('process')),
}

/** Not through this package: shows that what is looked for would be found. */
const LOUD = script(
  'loud',
  `
  import { createRequire } from 'node:module'
  const ort = createRequire(import.meta.url)(${JSON.stringify(ONNX_RUNTIME)})
  await ort.InferenceSession.create(${JSON.stringify(MODEL)})
  await new Promise((resolve) => setTimeout(resolve, Number(process.argv[2])))`,
)

/** An environment that says nothing of telemetry, with empty folders for what a program may leave. */
function emptyPlaces(name: string) {
  const places = ['home', 'tmp', 'cache', 'work'].map((each) => join(folder, name, each))
  for (const place of places) mkdirSync(place, { recursive: true })
  const [HOME, TMPDIR, XDG_CACHE_HOME, cwd] = places as [string, string, string, string]
  // The second is Bun's own, for the programs that it reads.
  const env = {
    HOME,
    TMPDIR,
    XDG_CACHE_HOME,
    ORT_DISABLE_TELEMETRY: '',
    // Where it believes itself in continuous integration it is silent by itself, and nothing would be shown.
    CI: '',
    BUN_RUNTIME_TRANSPILER_CACHE_PATH: '0',
  }
  const left = () => places.flatMap((place) => readdirSync(place, { recursive: true, encoding: 'utf8' }))
  return { env, cwd, left }
}

describe.each(Object.keys(RUNTIMES) as (keyof typeof RUNTIMES)[])('on %s', (runtime) => {
  test.each(Object.entries(PROGRAMS))('an alignment in %s leaves no file', async (name, program) => {
    const { env, cwd, left } = emptyPlaces(`${runtime}-${name}`)
    const ended = await runProgram([...RUNTIMES[runtime], program, ...SONG, '0'], { env, cwd })
    expect(ended).toMatchObject({ code: 0, stdout: '6\n' })
    expect(left()).toEqual([])
  })

  test('an alignment of the command line leaves no file but the one that is asked for', async () => {
    const { env, cwd, left } = emptyPlaces(`${runtime}-cli`)
    const ended = await runProgram([...RUNTIMES[runtime], CLI, 'align', ...SONG, '--out', 'song.lrc'], {
      env,
      cwd,
    })
    expect(ended).toMatchObject({ code: 0 })
    expect(left()).toEqual(['song.lrc'])
  })

  test('doctor says that telemetry is off, and leaves no file', async () => {
    const { env, cwd, left } = emptyPlaces(`${runtime}-doctor`)
    const { stdout } = await runProgram([...RUNTIMES[runtime], CLI, 'doctor'], { env, cwd })
    expect(stdout).toMatch(/^ok +telemetry +of ONNX Runtime is off/m)
    expect(left()).toEqual([])
  })
})

test('ONNX Runtime alone would leave files', async () => {
  const { env, cwd, left } = emptyPlaces('loud')
  await runProgram([...RUNTIMES.node, LOUD, '0'], { env, cwd })
  expect(left()).not.toEqual([])
})

test('a thread of somebody else, in which telemetry cannot be switched off, is refused with what to do', async () => {
  const { env, cwd, left } = emptyPlaces('thread-of-a-thread')
  const inside = script(
    'inside',
    `import { createAligner } from '${LIBRARY}'
     const { code, message } = await createAligner({ threads: 1 }).catch((error) => error)
     console.log(code, message)`,
  )
  const outside = script('outside', `import { Worker } from 'node:worker_threads'; new Worker('${inside}')`)
  const { stdout } = await runProgram([...RUNTIMES.node, outside], { env, cwd })
  expect(stdout).toMatch(/^CONFIG_INVALID .*ORT_DISABLE_TELEMETRY=1 in the environment/)
  expect(left()).toEqual([])
})

// A network of its own, in which every packet that is sent goes to the loopback device, and is counted there.
const IN_EMPTY_NETWORK = ['unshare', '--user', '--map-root-user', '--net', 'sh', '-c']
const COUNT = `
  ip link set lo up && ip addr add 10.99.0.1/32 dev lo && ip route add default dev lo src 10.99.0.1 || exit 99
  "$0" "$@" >&2 || exit 98
  awk '/lo:/ { print "packets sent: " $11 }' /proc/net/dev`

const able =
  canRun('unshare') && (await runProgram([...IN_EMPTY_NETWORK, COUNT, 'true'])).stdout === 'packets sent: 0\n'
const where = able
  ? 'in a network of its own'
  : 'in a network of its own (skipped: unshare --net or ip cannot be used here)'

describe.skipIf(!able)(where, () => {
  test('ONNX Runtime alone would send packets', async () => {
    const { env, cwd } = emptyPlaces('loud-net')
    const { stdout } = await runProgram(
      [...IN_EMPTY_NETWORK, COUNT, ...RUNTIMES.node, LOUD, `${LOOK_UP_MS}`],
      { env, cwd },
    )
    expect(stdout).toMatch(/^packets sent: [1-9]/)
  })

  test.each(
    (Object.keys(RUNTIMES) as (keyof typeof RUNTIMES)[]).flatMap((runtime) =>
      Object.entries(PROGRAMS).map(([name, program]) => [runtime, name, program] as const),
    ),
  )('on %s an alignment in %s sends none', async (runtime, name, program) => {
    const { env, cwd } = emptyPlaces(`${runtime}-${name}-net`)
    const command = [...RUNTIMES[runtime], program, ...SONG, `${LOOK_UP_MS}`]
    const { stdout, stderr } = await runProgram([...IN_EMPTY_NETWORK, COUNT, ...command], { env, cwd })
    expect({ stdout, stderr }).toEqual({ stdout: 'packets sent: 0\n', stderr: '6\n' })
  })
})
