/** Writes what is generated: the blocks of README.md, docs/RELIABILITY.md, docs/structure.md and docs/page.md between their markers, and .env.example. `npm run docs` */
import { readFileSync, writeFileSync } from 'node:fs'
import { envExample } from '../src/config/docs.ts'
import {
  pageWithBlocks,
  readmeWithBlocks,
  reliabilityWithBlocks,
  structureWithBlocks,
  trustPicture,
} from './readme-blocks.ts'

const readme = new URL('../README.md', import.meta.url)
writeFileSync(readme, readmeWithBlocks(readFileSync(readme, 'utf8')))
const reliability = new URL('../docs/RELIABILITY.md', import.meta.url)
writeFileSync(reliability, reliabilityWithBlocks(readFileSync(reliability, 'utf8')))
const structure = new URL('../docs/structure.md', import.meta.url)
writeFileSync(structure, structureWithBlocks(readFileSync(structure, 'utf8')))
const page = new URL('../docs/page.md', import.meta.url)
writeFileSync(page, pageWithBlocks(readFileSync(page, 'utf8')))
const trust = trustPicture()
if (trust) writeFileSync(new URL('../docs/trust.svg', import.meta.url), trust)
writeFileSync(new URL('../.env.example', import.meta.url), envExample())
