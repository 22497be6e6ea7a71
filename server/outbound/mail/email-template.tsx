import { Body, Button, Container, Head, Heading, Html, Preview, Text, render } from '@react-email/components';
import { wordsOf, type Letter, type Words } from './email-texts';

/** A mail's subject and both of its forms. */
export async function renderEmail(email: Letter): Promise<{ subject: string; html: string; text: string }> {
  const words = wordsOf(email);
  const html = await render(<Mail words={words} link={email.link} />);
  return { subject: words.subject, html, text: textOf(words, email.link) };
}

function textOf({ title, lines, rows, button, foot }: Words, link: string): string {
  const figures = rows.map(([name, value]) => `${name}: ${value}`).join('\n');
  return `${[title, ...lines, figures, `${button}:\n${link}`, ...foot].filter(Boolean).join('\n\n')}\n`;
}

// Every text has its colour and its ground beside it: a reader in the dark that changes one changes both. No style sheet,
// picture or font is fetched, and nothing of it is needed.
const GROUND = '#ffffff';
const INK = '#1a1b1e';
const MUTED = '#5c5f66';
const LINE = '#dee2e6';
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif';

const plain = { margin: '0 0 16px', fontSize: '15px', lineHeight: '22px', color: INK };
const cell = { padding: '6px 0', borderTop: `1px solid ${LINE}`, fontSize: '14px', lineHeight: '20px' };

function Mail({ words, link }: { words: Words; link: string }) {
  const { title, lines, rows, button, foot } = words;
  return (
    <Html lang="en">
      <Head>
        <meta name="color-scheme" content="light" />
        <meta name="supported-color-schemes" content="light" />
      </Head>
      <Preview>{lines[0] ?? title}</Preview>
      <Body style={{ margin: 0, padding: '24px 0', backgroundColor: GROUND, color: INK, fontFamily: FONT }}>
        <Container style={{ maxWidth: '560px', padding: '0 20px', backgroundColor: GROUND, overflowWrap: 'anywhere' }}>
          <Heading as="h1" style={{ margin: '0 0 16px', fontSize: '20px', lineHeight: '28px', color: INK }}>
            {title}
          </Heading>
          {lines.map((line) => (
            <Text key={line} style={plain}>
              {line}
            </Text>
          ))}
          {rows.length > 0 && (
            <table role="presentation" width="100%" cellPadding={0} cellSpacing={0} style={{ margin: '0 0 20px' }}>
              <tbody>
                {rows.map(([name, value]) => (
                  <tr key={name}>
                    <td style={{ ...cell, width: '38%', paddingRight: '12px', color: MUTED, verticalAlign: 'top' }}>
                      {name}
                    </td>
                    <td style={{ ...cell, color: INK }}>{value}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <Button
            href={link}
            style={{ padding: '10px 16px', borderRadius: '6px', backgroundColor: INK, color: GROUND, fontSize: '15px' }}
          >
            {button}
          </Button>
          <Text style={{ ...plain, margin: '16px 0', fontSize: '13px', lineHeight: '20px', color: MUTED }}>
            Or open this address: <span style={{ color: INK, wordBreak: 'break-all' }}>{link}</span>
          </Text>
          {foot.map((line) => (
            <Text key={line} style={{ ...plain, fontSize: '13px', lineHeight: '20px', color: MUTED }}>
              {line}
            </Text>
          ))}
        </Container>
      </Body>
    </Html>
  );
}
