import { describe, expect, test } from 'vitest'
import { AlignError } from '../errors.ts'
import { decodeLyrics } from './lyrics-file.ts'

function refusal(bytes: Uint8Array, encoding?: string): string {
  try {
    decodeLyrics(bytes, encoding)
  } catch (error) {
    if (error instanceof AlignError && error.code === 'LYRICS_UNREADABLE') return error.message
  }
  throw new Error('Expected LYRICS_UNREADABLE')
}

const utf16 = (text: string, bigEndian = false) => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return bigEndian ? bytes.swap16() : bytes
}

describe('decodeLyrics', () => {
  test('UTF-8 is read, with and without a byte order mark', () => {
    expect(decodeLyrics(Buffer.from('奇異恩典\n'))).toBe('奇異恩典\n')
    expect(decodeLyrics(Buffer.from('\ufeffGrâce\r\n'))).toBe('Grâce\r\n')
    expect(decodeLyrics(new Uint8Array())).toBe('')
  })

  test('UTF-16 is known by its byte order mark', () => {
    expect(decodeLyrics(utf16('奇異恩典'))).toBe('奇異恩典')
    expect(decodeLyrics(utf16('奇異恩典', true))).toBe('奇異恩典')
  })

  test('other encodings are read when they are named', () => {
    expect(decodeLyrics(Buffer.from('c6e6d2ecb6f7b5e4', 'hex'), 'gb18030')).toBe('奇异恩典')
    expect(decodeLyrics(Buffer.from('e9', 'hex'), 'latin1')).toBe('é')
  })

  test('what is not UTF-8 is shown in the encodings that can read it', () => {
    const message = refusal(Buffer.from('c6e6d2ecb6f7b5e4', 'hex'))
    expect(message).toContain('Expected lyrics in utf-8')
    expect(message).toMatch(/--encoding gb18030 +奇异恩典/)
  })

  test('a wrong encoding, an unknown one and binary data are each told apart', () => {
    expect(refusal(Buffer.from('d8d8', 'hex'), 'utf-16le')).toContain('Expected lyrics in utf-16le')
    expect(refusal(Buffer.from('a'), 'klingon')).toContain('got "klingon"')
    expect(refusal(Buffer.from('49443304000000ff', 'hex'))).toContain('binary data')
  })
})
