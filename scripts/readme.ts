/** Writes what is generated: the blocks of README.md and docs/RELIABILITY.md between their markers, and .env.example. `npm run docs` */
import { readFileSync, writeFileSync } from 'node:fs'
import { envExample } from '../src/config/docs.ts'
import { readmeWithBlocks, reliabilityWithBlocks } from './readme-blocks.ts'

const readme = new URL('../README.md', import.meta.url)
writeFileSync(readme, readmeWithBlocks(readFileSync(readme, 'utf8')))
const reliability = new URL('../docs/RELIABILITY.md', import.meta.url)
writeFileSync(reliability, reliabilityWithBlocks(readFileSync(reliability, 'utf8')))
writeFileSync(new URL('../.env.example', import.meta.url), envExample())
