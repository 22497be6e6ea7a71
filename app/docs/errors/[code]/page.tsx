import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { ErrorPage } from '@/components/errors/ErrorPage';
import { ERRORS, isErrorCode } from '@/server/domain/core/errors';

type Props = { params: Promise<{ code: string }> };

export const dynamicParams = false;
export const generateStaticParams = () => Object.keys(ERRORS).map((code) => ({ code }));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await params).code };
}

export default async function Page({ params }: Props) {
  const { code } = await params;
  return isErrorCode(code) ? <ErrorPage code={code} /> : notFound();
}
