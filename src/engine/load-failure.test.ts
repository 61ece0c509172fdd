import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { AlignError, errorFromData, errorToData } from '../errors.ts'
import { withLoadFailure } from './load-failure.ts'

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('Expected it to throw')
}

test.each([
  ['a file that cannot be opened', () => readFileSync('/nowhere/dictionary')],
  ['a library that is not there', () => createRequire(import.meta.url)('/nowhere/library.js')],
  [
    'an error that has one as its cause',
    () => {
      throw new Error('inner', { cause: thrownBy(() => readFileSync('/nowhere/dictionary')) })
    },
  ],
])('%s is ours, can be tried again, and names no file', (_, act) => {
  const failure = errorFromData(errorToData(withLoadFailure(thrownBy(act))))
  expect(failure).toMatchObject({ code: 'MODEL_NOT_READY', status: 503, retryable: true })
  expect(failure.message).not.toContain('nowhere')
  expect(failure.stack).toContain('nowhere')
})

test('other errors stay what they are', () => {
  const [fault, unreadable] = [
    new TypeError('x is undefined'),
    new AlignError('AUDIO_UNREADABLE', 'no audio'),
  ]
  expect(withLoadFailure(fault)).toBe(fault)
  expect(withLoadFailure(unreadable)).toBe(unreadable)
})

test('an unexpected error is told by its kind; its words, which may name files, are for the log', () => {
  const { code, message, stack } = errorToData(new TypeError('no /app/secret/file'))
  expect({ code, message }).toEqual({
    code: 'ALIGNMENT_FAILED',
    message: 'Expected an alignment, got an unexpected error (TypeError); the log has its stack',
  })
  expect(stack).toContain('/app/secret/file')
})
