/** Converts a snapshot and, where the third argument is given, kills itself at that report of progress. */
import { convertQwen3 } from '../src/qwen3/prepare.ts'

const [snapshot, target, killAt] = process.argv.slice(2)
let reports = 0
await convertQwen3(snapshot!, target!, {
  onProgress: () => {
    reports++
    if (reports === Number(killAt)) process.kill(process.pid, 'SIGKILL')
  },
})
console.log(reports > 0 ? 'converted' : 'found')
