import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeModel } from './manifest.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sow-manifest-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const MANIFEST = {
  name: 'test',
  version: '1',
  kind: 'ctc',
  sha256: { 'model.onnx': '0'.repeat(64) },
  sampleRate: 16_000,
  hopSeconds: 0.02,
  windowSeconds: 30,
  overlapSeconds: 2,
  languages: ['', 'en'],
  vocabulary: ['<blank>', 'a'],
  onsetShiftSeconds: 0,
}

function write(files: Record<string, unknown>): void {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

/** What can be used, or an error with its code; never another one. */
function checkDescribed(): void {
  try {
    const { vocabulary, blank, sampleRate, hopSeconds, windowSeconds, overlapSeconds } = describeModel(folder)
    expect(vocabulary[blank]).toBeTypeOf('string')
    expect(vocabulary.every((token) => typeof token === 'string')).toBe(true)
    expect(Math.min(sampleRate, hopSeconds, windowSeconds - 2 * overlapSeconds)).toBeGreaterThan(0)
  } catch (error) {
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/^Expected /) })
  }
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, -1, 0, 1e9, 1e308, '', 'x', [], {}, [1], ['<blank>'], true),
  fc.jsonValue(),
)

test('our manifest with anything in any of its places is described or named', () => {
  const change = fc.dictionary(fc.constantFrom(...Object.keys(MANIFEST)), odd, { maxKeys: 2 })
  fc.assert(
    fc.property(
      fc.oneof(
        change.map((it) => ({ ...MANIFEST, ...it })),
        odd,
        fc.string(),
      ),
      (manifest) => {
        write({ 'manifest.json': manifest })
        checkDescribed()
      },
    ),
    { numRuns: 300 },
  )
})

describe('a Hugging Face export', () => {
  test('with anything in any of its files is described or named', () => {
    const vocabulary = fc.oneof(
      fc.dictionary(fc.string({ maxLength: 3 }), fc.oneof(fc.integer({ min: -2, max: 9 }), odd), {
        maxKeys: 5,
      }),
      odd,
    )
    const config = fc.oneof(
      fc.record({ pad_token_id: odd, inputs_to_logits_ratio: odd, _name_or_path: odd }),
      odd,
    )
    const preprocessor = fc.oneof(fc.record({ sampling_rate: odd, do_normalize: odd }), odd)
    fc.assert(
      fc.property(vocabulary, config, preprocessor, (vocab, config, preprocessor) => {
        write({
          'vocab.json': vocab,
          'config.json': config,
          'preprocessor_config.json': preprocessor,
          'model.onnx': '',
        })
        checkDescribed()
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    [{ a: 0, b: 4_000_000_000 }, {}, 'Expected ids from 0 to 1000000'],
    [{ a: 0, b: -1 }, {}, 'Expected ids from 0 to 1000000'],
    [{ a: 0, b: 1 }, { pad_token_id: 7 }, 'Expected pad_token_id'],
    [{ '<pad>': 0, b: 1 }, null, 'Expected a JSON object'],
  ])('of vocabulary %j and configuration %j is refused', (vocab, config, message) => {
    write({ 'vocab.json': vocab, 'config.json': config, 'model.onnx': '' })
    expect(() => describeModel(folder)).toThrow(message)
  })
})
