/** Runs every bench, one after the other, and makes the page of their results. --peers runs other aligners as well. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readOptions } from './figures/options.ts'

const { quick, model, peers } = readOptions('Runs every bench, then makes docs/PERFORMANCE.md.', {
  peers: { type: 'boolean', about: 'also other aligners, which npm installs outside of the project' },
})
const shared = [...(quick ? ['--quick'] : []), ...(model ? ['--model', model] : [])]

run('speed', shared)
run('accuracy', shared)
run('http', shared)
run('capacity', shared)
run('realign', shared)
run('model', quick ? ['--quick'] : [])
if (peers) run('peers', quick ? ['--quick'] : [])
if (!quick) run('report', [])

function run(name: string, args: string[]): void {
  console.log(`\n== ${name}`)
  const program = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
