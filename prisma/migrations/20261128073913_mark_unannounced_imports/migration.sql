-- CreateTable
CREATE TABLE "unannounced_imports" (
    "source" TEXT COLLATE "C" NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "unannounced_imports_pkey" PRIMARY KEY ("source")
);
