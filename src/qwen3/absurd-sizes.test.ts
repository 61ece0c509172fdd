import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FULL_SIZE, TINY, writeFakeCheckpoint } from '../../scripts/fake-checkpoint.ts'
import { QWEN3_MANIFEST } from '../disk/inspect-model.ts'
import { AlignError } from '../errors.ts'
import { openCheckpoint } from './convert/checkpoint.ts'
import { readTensorTable } from './convert/safetensors.ts'
import { readManifest } from './converted.ts'
import { convertQwen3 } from './prepare.ts'
import { readShape } from './shape.ts'
import { readSourceConfig } from './source-config.ts'

let root: string
let snapshot: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'absurd-'))
  snapshot = join(root, 'snapshot')
  await writeFakeCheckpoint(snapshot, TINY)
})
afterAll(() => rm(root, { recursive: true }))

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(AlignError)
  expect(error).toMatchObject({ code: 'MODEL_INVALID' })
  const { message } = error as Error
  expect(message.length).toBeLessThan(1000)
  return message
}

const AUDIO = [
  'num_mel_bins',
  'n_window',
  'n_window_infer',
  'd_model',
  'encoder_attention_heads',
  'encoder_ffn_dim',
  'encoder_layers',
  'downsample_hidden_size',
  'output_dim',
] as const
const TEXT = [
  'hidden_size',
  'num_attention_heads',
  'num_key_value_heads',
  'head_dim',
  'intermediate_size',
  'num_hidden_layers',
  'rope_theta',
  'rms_norm_eps',
  'vocab_size',
] as const
const FIELDS = [
  ...AUDIO.map((name) => ['audio_config', name] as const),
  ...TEXT.map((name) => ['text_config', name] as const),
]

const DEEP = '['.repeat(100_000) + ']'.repeat(100_000)
/** As they stand in the file: JSON has no NaN, but 1e999 is read as infinity. */
const ABSURD = ['1e15', '1e999', '-1', '-1e9', '0', '"28"', '"1e9"', 'null', 'true', '[]', '[28]', '{}', DEEP]

/** config.json with one field written otherwise. */
function configWith(part: 'audio_config' | 'text_config', name: string, value: string): string {
  const config = structuredClone(TINY)
  Object.assign(config.thinker_config[part], { [name]: '@' })
  return JSON.stringify(config).replace('"@"', () => value)
}

describe('config.json', () => {
  beforeEach(() => writeFile(join(snapshot, 'config.json'), JSON.stringify(TINY)))

  test.each(FIELDS)(
    '%s.%s that cannot be is refused, by name and before the weights are looked at',
    async (part, name) => {
      for (const value of ABSURD) {
        await writeFile(join(snapshot, 'config.json'), configWith(part, name, value))
        const message = await refusal(readSourceConfig(snapshot))
        expect(message, value.slice(0, 20)).toContain(`config.json: Expected ${name} as a `)
      }
      await writeFile(join(snapshot, 'config.json'), configWith(part, name, 'NaN'))
      expect(await refusal(readSourceConfig(snapshot))).toContain('config.json cannot be read')
    },
  )

  test.each([
    ['audio_config', 'encoder_layers'],
    ['text_config', 'num_hidden_layers'],
  ] as const)('a billion of %s.%s takes no memory', async (part, name) => {
    await writeFile(join(snapshot, 'config.json'), configWith(part, name, '1000000000'))
    expect(await refusal(convertQwen3(snapshot, join(root, 'out')))).toBe(
      `config.json: Expected ${name} as a positive number, at most 512, got 1000000000`,
    )
  })

  test.each([
    ['audio_config', 'encoder_attention_heads', '3', 'encoder heads as divide the width 32, got 3'],
    ['text_config', 'num_key_value_heads', '3', 'key and value heads as divide 2 heads, got 3'],
    ['text_config', 'head_dim', '33', 'heads of an even width, got 33'],
  ] as const)(
    '%s.%s of %s, which no weight shows to be wrong, is refused',
    async (part, name, value, message) => {
      await writeFile(join(snapshot, 'config.json'), configWith(part, name, value))
      expect(await refusal(readSourceConfig(snapshot))).toContain(message)
    },
  )

  test('ids of tokens are rows of the vocabulary, a time slot is some milliseconds', async () => {
    for (const [name, value] of [
      ['timestamp_token_id', 320],
      ['timestamp_token_id', -1],
      ['timestamp_token_id', 1.5],
      ['timestamp_token_id', '7'],
      ['timestamp_segment_time', 1e300],
      ['timestamp_segment_time', -80],
      ['timestamp_segment_time', '80'],
    ] as const) {
      await writeFile(join(snapshot, 'config.json'), JSON.stringify({ ...TINY, [name]: value }))
      expect(await refusal(readSourceConfig(snapshot))).toContain('timestamp')
    }
  })

  test('texts of another kind, however long or deep, end in a short message', async () => {
    for (const value of [DEEP, `"${'x'.repeat(1e6)}"`, `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`]) {
      for (const name of [
        'architectures',
        'thinker_config',
        'timestamp_segment_time',
        'timestamp_token_id',
      ]) {
        const text = JSON.stringify({ ...TINY, [name]: '@' }).replace('"@"', () => value)
        await writeFile(join(snapshot, 'config.json'), text)
        const message = await readSourceConfig(snapshot).then(
          () => '',
          (error: unknown) => refusal(Promise.reject(error)),
        )
        // of the original layout the architectures are not asked
        if (name !== 'architectures') expect(message).not.toBe('')
      }
    }
  })

  test('a file that is much too large is not read', async () => {
    await truncate(join(snapshot, 'config.json'), 3e9)
    expect(await refusal(readSourceConfig(snapshot))).toContain(
      'Expected at most 16777216 bytes, got 3000000000',
    )
  })

  test('whatever the sizes are, they are within what memory holds, or refused', () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(1, 2, 32, 1e9, 2 ** 31, 2 ** 53, 1e308),
      fc.double(),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(fc.constantFrom(...FIELDS), value, ([part, name], given) => {
        const config = structuredClone(TINY)
        Object.assign(config.thinker_config[part], { [name]: given })
        try {
          const { encoder, decoder } = readShape(config)
          expect(encoder.layers + decoder.layers).toBeLessThanOrEqual(1024)
          expect(encoder.width % encoder.heads).toBe(0)
        } catch (error) {
          expect(error).toMatchObject({ code: 'MODEL_INVALID' })
        }
      }),
    )
  })

  test('the published sizes are taken', () => {
    expect(readShape(FULL_SIZE)).toMatchObject({ melBins: 128, decoder: { layers: 28, vocabulary: 152_064 } })
  })
})

describe('a header of safetensors', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(root, 'weights-'))
  })

  /** Of the length that `announced` says, in a file of so many bytes, which are not on the disk. */
  async function weights(header: string, announced: bigint, size?: number): Promise<string> {
    const file = join(folder, 'model.safetensors')
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(announced)
    await writeFile(file, Buffer.concat([length, Buffer.from(header)]))
    if (size !== undefined) await truncate(file, size)
    return file
  }

  test.each([2n ** 64n - 1n, 2n ** 63n, 2n ** 53n, 5_000_000_000n, 50_000_000n, 10n * 2n ** 20n + 1n])(
    'of %i bytes is refused, though the file has them',
    async (announced) => {
      const file = await weights('{}', announced, 6e9)
      const handle = await open(file)
      const { blocks } = await handle.stat()
      await handle.close()
      expect(blocks).toBeLessThan(1000)
      expect(await refusal(openCheckpoint(folder))).toContain('at most 10485760, got one of ')
    },
  )

  test.each([
    ['sizes whose product is no number', '[1e15,1e15,1e15]'],
    ['a product that overflows', `[${Array(8).fill(Number.MAX_SAFE_INTEGER)}]`],
    ['nothing times everything', `[${Number.MAX_SAFE_INTEGER},0,${Number.MAX_SAFE_INTEGER}]`],
    ['a million sizes', `[${Array(1e6).fill(1)}]`],
    ['a negative size', '[-1,-4]'],
    ['a fraction', '[0.5]'],
    ['infinity', '[1e999]'],
    ['texts', '["2"]'],
    ['no sizes', 'null'],
    ['nested sizes', '['.repeat(50_000) + ']'.repeat(50_000)],
  ])('with %s is refused', async (_, shape) => {
    const header = `{"w":{"dtype":"F32","shape":${shape},"data_offsets":[0,8]}}`
    const file = await weights(header, BigInt(header.length), header.length + 16)
    expect(await refusal(readTensorTable(file))).toContain('model.safetensors: Expected ')
  })

  test('with an element type of another kind, or a name without end, gets a short message', async () => {
    for (const dtype of ['['.repeat(50_000) + ']'.repeat(50_000), `"${'F'.repeat(1e6)}"`]) {
      const header = `{"${'w'.repeat(1e6)}":{"dtype":${dtype},"shape":[2],"data_offsets":[0,8]}}`
      const file = await weights(header, BigInt(header.length))
      expect(await refusal(readTensorTable(file))).toContain('as BF16, F16 or F32, got ')
    }
  })
})

describe('a converted folder', () => {
  test('whose sizes cannot be is refused as well', async () => {
    const folder = await convertQwen3(snapshot, join(root, 'converted'))
    const file = join(folder, QWEN3_MANIFEST)
    const good = JSON.parse(await readFile(file, 'utf8'))
    await expect(readManifest(folder)).resolves.toMatchObject({ classes: 5000 })
    const { shape } = good
    for (const edit of [
      null,
      [],
      { ...good, shape: null },
      { ...good, shape: { ...shape, melBins: 1e9 } },
      { ...good, shape: { ...shape, decoder: { ...shape.decoder, layers: 1e9 } } },
      { ...good, shape: { ...shape, encoder: { ...shape.encoder, output: '32' } } },
      { ...good, shape: { ...shape, decoder: { ...shape.decoder, headWidth: -32 } } },
      { ...good, classes: 1e12 },
      { ...good, classes: 0.5 },
      { ...good, slotMilliseconds: '80' },
      { ...good, embeddings: 'I64' },
      { ...good, files: null },
    ]) {
      await writeFile(file, JSON.stringify(edit))
      await refusal(readManifest(folder))
    }
  })
})
