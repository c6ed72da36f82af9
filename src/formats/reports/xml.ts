/**
 * Elements and attributes of a small, strict subset of XML. Reports are written by whatever a gate runs, so nothing in
 * them may cost more than one pass: no DOCTYPE, no entities but the five of XML and character numbers, limits on size,
 * depth and attributes. A parser library would bring DTDs and a tree of the whole file, of which neither is wanted.
 */
import { MAX_REPORT_CHARS } from './reading.ts';

export const MAX_XML_DEPTH = 200;
const MAX_ATTRIBUTES = 100;
const MAX_NAME_CHARS = 200;

export interface XmlHandler {
  /** Also called for an empty element, followed by `close`. Names have no namespace prefix. */
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  close(name: string): void;
}

/** Ends the reading; caught by `readXml`. */
class XmlError extends Error {}

/** One clause when the text is not well-formed within the limits, null when it was read to its end. */
export function readXml(text: string, handler: XmlHandler): string | null {
  if (text.length > MAX_REPORT_CHARS) return 'the report is too large';
  try {
    new XmlReader(text, handler).read();
    return null;
  } catch (error) {
    if (error instanceof XmlError) return error.message;
    throw error;
  }
}

class XmlReader {
  readonly #text: string;
  readonly #handler: XmlHandler;
  readonly #stack: string[] = [];
  #at = 0;
  #hasRoot = false;

  constructor(text: string, handler: XmlHandler) {
    this.#text = text;
    this.#handler = handler;
  }

  read(): void {
    if (this.#text.startsWith('\uFEFF')) this.#at = 1;
    for (;;) {
      const next = this.#text.indexOf('<', this.#at);
      const between = this.#text.slice(this.#at, next === -1 ? undefined : next);
      if (this.#stack.length === 0 && /\S/.test(between)) this.#fail('text outside the root element');
      if (next === -1) break;
      this.#at = next;
      this.#markup();
    }
    if (this.#stack.length > 0) this.#fail(`the report is cut off inside <${this.#stack.at(-1)}>`);
    if (!this.#hasRoot) this.#fail('there is no element in it');
  }

  #markup(): void {
    if (this.#has('<!--')) return this.#skipPast('-->', 4);
    if (this.#has('<![CDATA[')) {
      if (this.#stack.length === 0) this.#fail('text outside the root element');
      return this.#skipPast(']]>', 9);
    }
    if (this.#has('<?')) return this.#skipPast('?>', 2);
    if (this.#has('<!')) this.#fail('a DOCTYPE is refused');
    if (this.#has('</')) return this.#endTag();
    this.#startTag();
  }

  #startTag(): void {
    this.#at += 1;
    const name = this.#name();
    const attributes = this.#attributes();
    const isEmpty = this.#has('/>');
    if (!isEmpty && !this.#has('>')) this.#fail(`<${name}> is malformed`);
    this.#at += isEmpty ? 2 : 1;
    if (this.#stack.length === 0) {
      if (this.#hasRoot) this.#fail('there is more than one root element');
      this.#hasRoot = true;
    }
    if (this.#stack.length >= MAX_XML_DEPTH) this.#fail(`it is nested deeper than ${MAX_XML_DEPTH}`);
    this.#handler.open(localName(name), attributes);
    if (isEmpty) this.#handler.close(localName(name));
    else this.#stack.push(name);
  }

  #endTag(): void {
    this.#at += 2;
    const name = this.#name();
    this.#skipSpace();
    if (!this.#has('>')) this.#fail(`</${name}> is malformed`);
    this.#at += 1;
    if (this.#stack.pop() !== name) this.#fail(`</${name}> closes another element`);
    this.#handler.close(localName(name));
  }

  #attributes(): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>();
    while (this.#skipSpace() && !this.#has('/>') && !this.#has('>')) {
      const name = this.#name();
      this.#skipSpace();
      if (!this.#has('=')) this.#fail(`attribute ${name} has no value`);
      this.#at += 1;
      this.#skipSpace();
      const value = this.#quoted(name);
      if (attributes.has(name)) this.#fail(`attribute ${name} is there twice`);
      if (attributes.size >= MAX_ATTRIBUTES) this.#fail('an element has too many attributes');
      attributes.set(name, value);
    }
    return attributes;
  }

  #quoted(name: string): string {
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") this.#fail(`attribute ${name} is not quoted`);
    const end = this.#text.indexOf(quote ?? '"', this.#at + 1);
    if (end === -1) this.#fail(`attribute ${name} has no end`);
    const raw = this.#text.slice(this.#at + 1, end);
    if (raw.includes('<')) this.#fail(`attribute ${name} holds <`);
    this.#at = end + 1;
    return this.#decoded(raw);
  }

  #decoded(raw: string): string {
    if (!raw.includes('&')) return raw;
    return raw.replaceAll(/&([^;&]{0,32};?)/g, (_whole, reference: string) => {
      const character = characterOf(reference);
      if (character === null) this.#fail(`entity &${reference.slice(0, 20)} is refused`);
      return character;
    });
  }

  #name(): string {
    const pattern = /[^\s<>/="'&!?]+/y;
    pattern.lastIndex = this.#at;
    const name = pattern.exec(this.#text)?.[0] ?? '';
    if (name.length === 0 || name.length > MAX_NAME_CHARS) this.#fail(`no name at character ${this.#at}`);
    this.#at += name.length;
    return name;
  }

  /** True when there was any. */
  #skipSpace(): boolean {
    const start = this.#at;
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
    return this.#at > start;
  }

  #skipPast(end: string, opening: number): void {
    const found = this.#text.indexOf(end, this.#at + opening);
    if (found === -1) this.#fail(`no ${end} to end it`);
    this.#at = found + end.length;
  }

  #has(token: string): boolean {
    return this.#text.startsWith(token, this.#at);
  }

  #fail(what: string): never {
    throw new XmlError(what);
  }
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['lt;', '<'],
  ['gt;', '>'],
  ['amp;', '&'],
  ['quot;', '"'],
  ['apos;', "'"],
]);

function characterOf(reference: string): string | null {
  const number = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}));$/.exec(reference);
  if (number === null) return NAMED.get(reference) ?? null;
  const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : null;
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
