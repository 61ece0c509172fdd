import { linkSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { writeWholeFile } from './whole-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sow-whole-'))
})

describe('writeWholeFile', () => {
  test('writes text and bytes, and leaves nothing else behind', () => {
    writeWholeFile(join(folder, 'a.lrc'), '奇異恩典\n')
    writeWholeFile(join(folder, 'b.lrc'), Buffer.from([1, 2]))
    expect(readFileSync(join(folder, 'a.lrc'), 'utf8')).toBe('奇異恩典\n')
    expect(readdirSync(folder).sort()).toEqual(['a.lrc', 'b.lrc'])
  })

  test('a file that is there stays as it is, unless it is to be replaced', () => {
    const file = join(folder, 'a.lrc')
    writeFileSync(file, 'mine')
    expect(() => writeWholeFile(file, 'new')).toThrow(expect.objectContaining({ code: 'OUTPUT_EXISTS' }))
    expect(readFileSync(file, 'utf8')).toBe('mine')
    writeWholeFile(file, 'new', { replace: true })
    expect(readFileSync(file, 'utf8')).toBe('new')
    expect(readdirSync(folder)).toEqual(['a.lrc'])
  })

  test('a file that comes while another is written stays as well', () => {
    const file = join(folder, 'a.lrc')
    const write = () => writeWholeFile(file, 'new', { beforeNaming: () => writeFileSync(file, 'mine') })
    expect(write).toThrow(expect.objectContaining({ code: 'OUTPUT_EXISTS' }))
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect(readdirSync(folder)).toEqual(['a.lrc'])
  })

  test('other names of a replaced file keep its contents, and a link stays a link', () => {
    const [file, second, link] = ['a', 'b', 'c'].map((name) => join(folder, name)) as [string, string, string]
    writeFileSync(file, 'old')
    linkSync(file, second)
    symlinkSync('a', link)
    writeWholeFile(link, 'new', { replace: true })
    expect([file, second, link].map((each) => readFileSync(each, 'utf8'))).toEqual(['new', 'old', 'new'])
  })

  test('a name may be as long as names can be', () => {
    const name = `${'歌'.repeat(83)}.lrc`
    writeWholeFile(join(folder, name), 'x')
    expect(readdirSync(folder)).toEqual([name])
  })

  test('what is no file is written as it is', () => {
    expect(() => writeWholeFile('/dev/null', 'x')).not.toThrow()
  })

  test('a folder that is not there is the error of the file system, and nothing is left', () => {
    expect(() => writeWholeFile(join(folder, 'no', 'a.lrc'), 'x')).toThrow('ENOENT')
    expect(readdirSync(folder)).toEqual([])
  })
})
