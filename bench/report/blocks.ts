const BLOCK = /(<!-- generated: (\w+) -->\n).*?(<!-- end -->)/gs

/**
 * A Markdown text with what stands between its markers (`generated: NAME` and `end`, in comments) made anew.
 * @throws Error where a block has a name that nobody makes
 */
export function withBlocks(text: string, blocks: Record<string, () => string>): string {
  return text.replace(BLOCK, (_, start: string, name: string, end: string) => {
    const block = blocks[name]
    if (!block) throw new Error(`Expected one of the blocks ${Object.keys(blocks).join(', ')}, got ${name}`)
    return `${start}${block()}\n${end}`
  })
}
