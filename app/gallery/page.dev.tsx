import type { Metadata } from 'next';
import { Gallery } from '@/components/ui/gallery/Gallery';

export const metadata: Metadata = { title: 'Gallery' };

export default function GalleryRoute() {
  return <Gallery />;
}
