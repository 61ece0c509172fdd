import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

/** A pattern of the source: where it stands, and what it is. */
export type SourcePattern = { where: string; source: string; flags: string }

/**
 * All patterns of some files: the literals, and those that are built of constants, which are worked out here. What is
 * built of anything else is found in `unknown`: its text cannot be checked before it runs.
 */
export function patternsOf(files: readonly string[]): { patterns: SourcePattern[]; unknown: string[] } {
  const patterns: SourcePattern[] = []
  const unknown: string[] = []
  for (const file of files) {
    const tree = treeOf(file)
    const visit = (node: ts.Node): void => {
      const where = `${file}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`
      if (ts.isRegularExpressionLiteral(node)) patterns.push({ where, ...literalOf(node.text) })
      else if (isRegExpCall(node)) {
        const source = textOf(node.arguments?.[0], file)
        const flags = node.arguments?.[1] ? textOf(node.arguments[1], file) : ''
        if (source === undefined || flags === undefined) unknown.push(where)
        else patterns.push({ where, source, flags })
      }
      ts.forEachChild(node, visit)
    }
    visit(tree)
  }
  return { patterns, unknown }
}

/** The files of the product that are written by hand, without tests. */
export function productFiles(): string[] {
  return ['src', 'workers']
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name)),
    )
    .filter((file) => /\.(?:tsx?|js)$/.test(file) && !/\.test\.|min\.js$/.test(file))
    .sort()
}

const trees = new Map<string, ts.SourceFile>()

function treeOf(file: string): ts.SourceFile {
  const known = trees.get(file)
  if (known) return known
  const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext, true)
  trees.set(file, tree)
  return tree
}

function isRegExpCall(node: ts.Node): node is ts.NewExpression | ts.CallExpression {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return false
  return ts.isIdentifier(node.expression) && node.expression.text === 'RegExp'
}

function literalOf(text: string): { source: string; flags: string } {
  const end = text.lastIndexOf('/')
  return { source: text.slice(1, end), flags: text.slice(end + 1) }
}

/** The text that an expression stands for, where it is made of constants of this file or of those it imports. */
function textOf(node: ts.Expression | undefined, file: string): string | undefined {
  if (!node) return undefined
  if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return node.text
  if (ts.isRegularExpressionLiteral(node)) return literalOf(node.text).source
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return textOf(node.expression, file)
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(
      (span) => [textOf(span.expression, file), span.literal.text] as const,
    )
    if (spans.some(([text]) => text === undefined)) return undefined
    return node.head.text + spans.flat().join('')
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(node.left, file), textOf(node.right, file)]
    return left === undefined || right === undefined ? undefined : left + right
  }
  if (ts.isPropertyAccessExpression(node) && node.name.text === 'source') return textOf(node.expression, file)
  if (isRegExpCall(node)) return textOf(node.arguments?.[0], file)
  return ts.isIdentifier(node) ? constantOf(node.text, file) : undefined
}

function constantOf(name: string, file: string): string | undefined {
  for (const statement of treeOf(file).statements) {
    if (ts.isVariableStatement(statement) && statement.declarationList.flags & ts.NodeFlags.Const) {
      for (const { name: own, initializer } of statement.declarationList.declarations) {
        if (ts.isIdentifier(own) && own.text === name) return textOf(initializer, file)
      }
    }
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
    const bindings = statement.importClause?.namedBindings
    if (!bindings || !ts.isNamedImports(bindings)) continue
    const found = bindings.elements.find((element) => element.name.text === name)
    const from = statement.moduleSpecifier.text
    if (found && from.startsWith('.')) {
      return constantOf((found.propertyName ?? found.name).text, path.join(path.dirname(file), from))
    }
  }
  return undefined
}
