-- AlterTable
ALTER TABLE "events" ADD COLUMN     "filters_matched" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "filters_missed" TEXT[] DEFAULT ARRAY[]::TEXT[];
