import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { inspectModel, type ModelFound } from './inspect-model.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sow-inspect-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function write(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

const QWEN3 = '{"model_type": "qwen3_asr"}'
const refs = { 'refs/main': 'b\n' }

test.each<[Record<string, string>, ModelFound['kind'], string?]>([
  [{ 'manifest.json': '{}', 'model.onnx': '' }, 'ctc'],
  [{ 'vocab.json': '{}', 'config.json': '{}', 'onnx/model.onnx': '' }, 'hugging-face-ctc'],
  [{ 'sow-qwen3.json': '{}' }, 'qwen3-converted'],
  [{ 'config.json': QWEN3, 'vocab.json': '{}', 'model.safetensors': '' }, 'qwen3-snapshot'],
  [{ 'config.json': QWEN3, 'vocab.json': '{}', 'onnx/a.onnx': '' }, 'qwen3-graph'],
  [{ 'snapshots/a/model.safetensors': '' }, 'qwen3-snapshot', 'snapshots/a'],
  [{ 'snapshots/a/x': '', 'snapshots/b/model.safetensors': '', ...refs }, 'qwen3-snapshot', 'snapshots/b'],
  [{ 'snapshots/a/vocab.json': '{}' }, 'hugging-face-ctc', 'snapshots/a'],
])('%j is told for what it is', (files, kind, at = '') => {
  write(files)
  expect(inspectModel(folder)).toEqual({ kind, folder: join(folder, at) })
})

test.each([
  [{ 'notes.txt': '' }, 'got notes.txt'],
  [{}, 'an empty folder'],
  [{ 'config.json': QWEN3 }, 'Expected model.safetensors'],
  [{ 'config.json': QWEN3, 'model-00001-of-00002.safetensors': '' }, 'the download is incomplete'],
  [{ 'snapshots/a/x': '', 'snapshots/b/x': '' }, 'got 2: name one of them'],
] as [Record<string, string>, string][])('%j is refused with what is missing', (files, message) => {
  write(files)
  expect(() => inspectModel(folder)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }))
  expect(() => inspectModel(folder)).toThrow(message)
})

test('a path to the graph itself is answered with its folder', () => {
  write({ 'model.onnx': '' })
  const message = `Expected a model folder, got a file; its folder is ${folder}`
  expect(() => inspectModel(join(folder, 'model.onnx'))).toThrow(
    expect.objectContaining({ code: 'MODEL_INVALID', message }),
  )
})

test('a path to nothing is named', () => {
  expect(() => inspectModel(join(folder, 'gone'))).toThrow(
    `nothing at this path (is it mounted?): ${folder}/gone`,
  )
})
