import type { AlignedLine, PerformedLine, Span } from '../types.ts'
import type { Assessment } from './assess.ts'
import { doubt } from './doubt.ts'

/**
 * Says what the damaged stretches of a recording mean for its lines: one that overlaps such a stretch is not `aligned`,
 * since nothing was heard there, and the verdict names them. `damaged` in seconds, ascending. Cost: O(lines * damaged).
 */
export function withDamage(assessment: Assessment, damaged: readonly Span[]): Assessment {
  if (damaged.length === 0) return assessment
  const mark = <T extends AlignedLine | PerformedLine>(line: T): T =>
    line.status === 'aligned' && damaged.some((stretch) => overlap(line, stretch))
      ? { ...line, status: 'suspect', doubt: doubt('damaged') }
      : line
  const lines = assessment.lines.map(mark)
  const performance = assessment.performance.map(mark)
  const { verdict } = assessment
  const alignedLines = lines.filter(({ status }) => status === 'aligned').length
  const level = verdict.level === 'good' ? ('mixed' as const) : verdict.level
  return {
    ...assessment,
    lines,
    performance,
    verdict: { ...verdict, level, alignedLines, reasons: [...verdict.reasons, reasonOf(damaged)] },
  }
}

function overlap(line: Span, stretch: Span): boolean {
  return line.start < stretch.end && stretch.start < Math.max(line.end, line.start + Number.EPSILON)
}

function reasonOf(damaged: readonly Span[]): string {
  const seconds = damaged.reduce((sum, { start, end }) => sum + end - start, 0)
  const first = damaged[0]!
  const places = damaged.length === 1 ? '' : `${damaged.length} stretches, the first `
  return `The recording is damaged for ${seconds.toFixed(2)} s (${places}from ${first.start.toFixed(2)} to ${first.end.toFixed(2)} s): nothing could be heard there.`
}
