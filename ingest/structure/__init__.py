"""Lines and paragraphs → blocks: headings, sentences, tables, notes, front matter."""
