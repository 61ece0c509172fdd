/** Writes what is generated: the blocks of README.md between their markers, and .env.example. `npm run docs` */
import { readFileSync, writeFileSync } from 'node:fs'
import { envExample } from '../src/config-docs.ts'
import { withBlocks } from './readme-blocks.ts'

const readme = new URL('../README.md', import.meta.url)
writeFileSync(readme, withBlocks(readFileSync(readme, 'utf8')))
writeFileSync(new URL('../.env.example', import.meta.url), envExample())
