import { Anchor, Title, Typography } from '@mantine/core';
import { memo, useMemo, type JSX, type ReactNode } from 'react';
import ReactMarkdown, { type Components, type ExtraProps } from 'react-markdown';
import rehypeHighlight from 'rehype-highlight';
import remarkGfm from 'remark-gfm';
import { defineTexts } from '../../i18n/texts';
import { CodeBlock } from './code-block';
import { linkTarget } from './link.policy';
import { endedBlocks, splitBlocks, type Blocks } from './markdown-blocks.parse';
import classes from './markdown.module.css';

const useMarkdownTexts = defineTexts('markdown', {
  en: { table: 'Table', image: 'Image (not fetched): {{name}}', done: 'done', open: 'not done' },
  es: { table: 'Tabla', image: 'Imagen (no se descarga): {{name}}', done: 'hecho', open: 'pendiente' },
});

type Node = NonNullable<ExtraProps['node']>;
type Child = Node['children'][number];

function textOf(node: Child): string {
  if (node.type === 'text') return node.value;
  return node.type === 'element' ? node.children.map(textOf).join('') : '';
}

function languageOf(node: Node): string | undefined {
  const [code] = node.children;
  const names = code?.type === 'element' ? code.properties.className : undefined;
  const name = Array.isArray(names) ? names.map(String).find((each) => each.startsWith('language-')) : undefined;
  return name?.slice('language-'.length);
}

function Pre({ node, children }: JSX.IntrinsicElements['pre'] & ExtraProps) {
  const text = node ? textOf(node) : '';
  return (
    <CodeBlock language={node && languageOf(node)} text={text.replace(/\n$/, '')}>
      {children}
    </CodeBlock>
  );
}

function Link({ href, children }: { readonly href?: string | undefined; readonly children?: ReactNode }) {
  const target = linkTarget(href);
  if (target === undefined) return <>{children}</>;
  return (
    <Anchor href={target} target="_blank" rel="noopener noreferrer" underline="always" inherit>
      {children}
    </Anchor>
  );
}

/** An image that a model names would be fetched from elsewhere, and tell them who reads: it is a link. */
function ImageLink({ src, alt }: JSX.IntrinsicElements['img']) {
  const t = useMarkdownTexts();
  const address = typeof src === 'string' ? src : undefined;
  const name = alt !== undefined && alt !== '' ? alt : (linkTarget(address) ?? '');
  return <Link href={address}>{t('image', { name })}</Link>;
}

function TableRegion({ children }: JSX.IntrinsicElements['table']) {
  const t = useMarkdownTexts();
  return (
    <div className={classes['table']} tabIndex={0} role="region" aria-label={t('table')}>
      <table>{children}</table>
    </div>
  );
}

/** A box of a task list. It is nothing to fill in, so it is a sign. */
function TaskBox({ checked }: JSX.IntrinsicElements['input']) {
  const t = useMarkdownTexts();
  return (
    <span role="img" aria-label={checked === true ? t('done') : t('open')}>
      {checked === true ? '☑' : '☐'}
    </span>
  );
}

/** The headings of an answer stand below those of the page. */
const COMPONENTS: Components = {
  pre: Pre,
  a: ({ href, children }) => <Link href={href}>{children}</Link>,
  img: ImageLink,
  table: TableRegion,
  input: TaskBox,
  h1: ({ children }) => <Title order={3}>{children}</Title>,
  h2: ({ children }) => <Title order={4}>{children}</Title>,
  h3: ({ children }) => <Title order={5}>{children}</Title>,
  h4: ({ children }) => <Title order={6}>{children}</Title>,
  h5: ({ children }) => <Title order={6}>{children}</Title>,
  h6: ({ children }) => <Title order={6}>{children}</Title>,
};

const REMARK = [remarkGfm];
const COLOURED = [rehypeHighlight];
const PLAIN: typeof COLOURED = [];

interface BlockProps {
  readonly text: string;
  readonly coloured: boolean;
}

const Block = memo(function Block({ text, coloured }: BlockProps) {
  return (
    <ReactMarkdown
      remarkPlugins={REMARK}
      rehypePlugins={coloured ? COLOURED : PLAIN}
      components={COMPONENTS}
      // Each address is looked at where it is drawn.
      urlTransform={(address) => address}
    >
      {text}
    </ReactMarkdown>
  );
});

function blocksOf(text: string, growing: boolean): Blocks {
  if (growing) return splitBlocks(text);
  const blocks = endedBlocks(text);
  return { settled: blocks.slice(0, -1), growing: blocks.at(-1) ?? '', inCode: false };
}

interface MarkdownProps {
  readonly text: string;
  /** Whether the text still grows: then only its last block is drawn anew. */
  readonly growing?: boolean;
}

/** An answer of a model: Markdown of GitHub's kind. It makes elements only, never HTML that the model wrote. */
export default function Markdown({ text, growing = false }: MarkdownProps) {
  const { settled, growing: last, inCode } = useMemo(() => blocksOf(text, growing), [text, growing]);
  return (
    <Typography className={classes['text']}>
      {settled.map((block, index) => (
        <Block key={index} text={block} coloured />
      ))}
      <Block key={settled.length} text={last} coloured={!inCode} />
    </Typography>
  );
}
