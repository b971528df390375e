// Spans and instants in words, for clients of the API that show the same times as its texts do.

export { instantText, spanText } from '../../monitoring/spans.ts';
