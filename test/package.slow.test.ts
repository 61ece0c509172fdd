import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { emptyProject, pack } from './empty-project.ts'
import { RUNTIMES, runProgram } from './run-cli.ts'

const SPEECH = fileURLToPath(new URL('fixtures/speech/', import.meta.url))

// While a family of packages is being released, a registry may show some of them and not those that they need.
const SETTLED_MS = 4 * 24 * 3600 * 1000

// Needs a registry, or a cache of npm that holds the dependencies.
test('npm installs the tarball in an empty project, and its command aligns there', async () => {
  const project = emptyProject()
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }
  const before = `--before=${new Date(Date.now() - SETTLED_MS).toISOString()}`
  const args = ['install', '--prefer-offline', before, '--no-audit', '--no-fund', pack()]
  execFileSync('npm', args, { cwd: project, env, stdio: 'pipe' })
  const command = join(project, 'node_modules', '.bin', 'sow-align')
  const files = [join(SPEECH, 'psalm-en.mp3'), join(SPEECH, 'psalm-en.txt')]
  for (const runtime of [[], RUNTIMES.bun]) {
    const { code, stdout } = await runProgram([...runtime, command, 'align', ...files], { cwd: project })
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('The Lord is my shepherd'),
    })
  }
})
